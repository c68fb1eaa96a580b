import { INTEGRATE, IceError } from '../catalogue/index.js'
import type { PodSecret } from './contract.js'
import { encodedPath } from './names.js'

/** A secret as a template of Vault Agent renders it: one JSON object, so that no value can be taken for structure. */
export interface SecretFile {
  /** Below the folder of all secrets: `static/exampleapp/creds.json`. */
  readonly file: string
  /** https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent/template */
  readonly contents: string
  /** `read kv static/exampleapp/creds`, for comments. */
  readonly secret: PodSecret
}

/** The file systems' limit for one name. */
const LONGEST_NAME = 255

/**
 * The files of a workload, one for each secret.
 * @throws IceError INTEGRATE.sameFile where two of them cannot both be
 */
export function secretFiles(secrets: readonly PodSecret[]): readonly SecretFile[] {
  const files = secrets.map((secret) => ({
    file: `${encodedPath(`${secret.mount}/${secret.path}`)}.json`,
    contents: templateOf(secret),
    secret,
  }))
  for (const { file, secret } of files) {
    // `a` is the file a.json, and `a.json/b` would be in a folder of that name.
    const other = files.find((one) => one.file.startsWith(`${file}/`))
    if (other !== undefined)
      throw sameFile(`${place(secret)} and ${place(other.secret)}: the file of one would be the folder of the other.`)
    if (file.split('/').some((name) => Buffer.byteLength(name) > LONGEST_NAME))
      throw sameFile(`${place(secret)}: its name is longer than ${LONGEST_NAME} letters as the name of a file.`)
  }
  return files
}

const place = ({ mount, path }: PodSecret): string => `${mount}/${path}`

const sameFile = (message: string): IceError => new IceError(INTEGRATE.sameFile, { message })

/**
 * Paths stand percent-encoded in the templates: consul-template reads them as URLs, where `:` and spaces have a meaning,
 * and nothing in them can end the text or the action that they stand in.
 */
function templateOf(secret: PodSecret): string {
  const from = `secret ${JSON.stringify(encodedPath(secret.api))}`
  if (secret.engine === 'kv') {
    const data = secret.version === 2 ? '.Data.data' : '.Data'
    return `{{ with ${from} }}{{ ${data} | toJSON }}{{ end }}`
  }
  const members = ['username', 'password'].map((name) => `"${name}":{{ .Data.${name} | toJSON }}`)
  return `{{ with ${from} }}{${members.join(',')}}{{ end }}`
}
