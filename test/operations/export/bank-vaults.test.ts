import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments, parseDocument } from 'yaml'
import type { Io, Resource } from '../../../src/kinds/contract.js'
import { bankVaultsOf } from '../../../src/operations/export/bank-vaults.js'
import type { Exported } from '../../../src/operations/export/types.js'
import { Secret } from '../../../src/secrets/index.js'
import { FULL, graphOf, SERVERS } from './full.js'
import { openParser, type Parser } from './parser.js'

type Entry = Readonly<Record<string, unknown>>
interface Mount extends Entry {
  readonly path: string
  readonly config?: Entry
  readonly roles?: readonly Entry[]
  readonly configuration?: Readonly<Record<string, readonly Entry[]>>
}
interface Config {
  readonly policies: readonly { readonly name: string; readonly rules: string }[]
  readonly auth: readonly Mount[]
  readonly secrets: readonly Mount[]
}

let parser: Parser
let full: Exported
/** As bank-vaults reads it, with the values of its environment. */
let config: Config

/** Every value says which variable it is of. */
const environment = (inputs: Exported['inputs']): Record<string, string> =>
  Object.fromEntries(inputs.map(({ name }) => [name, `of ${name}`]))

function read(exported: Exported): Config {
  const [file] = exported.files
  const document = parseDocument(parser.render(file?.text ?? '', environment(exported.inputs)), { version: '1.1' })
  expect(document.errors).toEqual([])
  return document.toJS() as Config
}

beforeAll(() => {
  parser = openParser()
  full = bankVaultsOf(graphOf(), 'full', SERVERS)
  config = read(full)
}, 120_000)
afterAll(() => parser.close())

/** What bank-vaults writes for it, by path: see its sources, internal/vault/auth_methods.go and secrets_engines.go. */
function writesOf({ policies, auth, secrets }: Config): Map<string, unknown> {
  const named = (path: string, entries: readonly Entry[]): [string, unknown][] =>
    entries.map(({ name, create_only: _once, ...body }) => [`${path}/${String(name)}`, body])
  return new Map<string, unknown>([
    ...policies.map(({ name, rules }) => [`sys/policies/acl/${name}`, { policy: rules }] as const),
    ...auth.flatMap(({ path, config: body, roles = [] }) => [
      [`auth/${path}/config`, body] as const,
      ...named(`auth/${path}/role`, roles),
    ]),
    ...secrets.flatMap(({ path, type, configuration = {} }) =>
      Object.entries(configuration).flatMap(([section, entries]): [string, unknown][] =>
        // A kv engine has one config.
        type === 'kv' && section === 'config' ? [[`${path}/config`, entries[0]]] : named(`${path}/${section}`, entries),
      ),
    ),
  ])
}

/** The variable that holds the value of a source. */
const variableOf = (purpose: string): string => full.inputs.find((input) => input.purpose === purpose)?.name ?? purpose

/** What icebreaker itself sends, with a Vault that takes everything. */
async function ownWrites(resource: Resource): Promise<[string, unknown][]> {
  const sent: [string, unknown][] = []
  const { cluster = '' } = resource.id as { readonly cluster?: string }
  const token = new Secret(`of ${cluster.toUpperCase()}_REVIEWER_TOKEN`)
  const io = {
    vault: {
      write: (path: { text: string }, body: unknown) => {
        sent.push([path.text, body])
        return Promise.resolve({ data: {} })
      },
      read: () => Promise.resolve(undefined),
      readSecret: () => Promise.resolve(undefined),
    },
    cluster: () => ({
      get: () => Promise.resolve({ metadata: { uid: 'u' }, data: { token } }),
      create: () => Promise.resolve({ metadata: { uid: 'u' } }),
      list: () => Promise.resolve([]),
      requestToken: () => Promise.resolve({ token, expiresAt: new Date(8.64e15) }),
    }),
    secrets: { resolve: (source: object) => Promise.resolve(valueOf(source, resource)) },
    emit: () => undefined,
    shared: (_key: string, load: () => unknown) => load(),
    signal: new AbortController().signal,
  } as unknown as Io
  // A server that does not know a field says so afterwards; what was sent is enough here.
  await resource.kind.write(resource.id, resource.desired, undefined, io).catch(() => undefined)
  return sent.map(([path, body]) => [path, shown(body)])
}

function valueOf(source: object, { id, desired }: Resource): string {
  if ('literal' in source) return String(source.literal)
  if ('env' in source) return `of ${String(source.env)}`
  const { mount, path } = id as { mount: string; path: string }
  const entries = Object.entries((desired as { data: Entry }).data)
  return `of ${variableOf(`${mount} ${path} ${entries.find(([, each]) => each === source)?.[0] ?? ''}`)}`
}

/** Secrets as what they hold. */
const shown = (value: unknown): unknown =>
  value instanceof Secret
    ? Secret.reveal(value)
    : Array.isArray(value)
      ? value.map(shown)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]))
        : value

describe('the file says what icebreaker writes', () => {
  const objects = [...graphOf().values()].filter(
    ({ address, kind }) => address.startsWith('vault:') && !['AuthMount', 'EngineMount'].includes(kind.kind),
  )
  test.each(objects.map((resource) => [resource.address, resource] as const))('%s', async (address, resource) => {
    const writes = writesOf(config)
    const isUnsaid = (field: string) => full.leftOut.some((left) => left.address === address && left.field === field)
    const sent = await ownWrites(resource)
    expect(sent).not.toEqual([])
    for (const [path, body] of sent) {
      // The second write of a transit key, and KV version 1.
      if (!writes.has(path)) {
        expect([path, isUnsaid('minDecryptionVersion') || isUnsaid('data')]).toEqual([path, true])
        continue
      }
      const theirs = writes.get(path) as Entry
      const own = body as Entry
      const hidden = 'private_key' in own ? { private_key: 'of DB_MAIN_PRIVATE_KEY' } : {}
      expect(theirs).toEqual({ ...own, ...hidden })
    }
  })
})

test('mounts, as Vault’s own client takes them', () => {
  const tune = {
    default_lease_ttl: '600s',
    max_lease_ttl: '7200s',
    listing_visibility: 'unauth',
    audit_non_hmac_request_keys: ['a'],
    audit_non_hmac_response_keys: ['b'],
    passthrough_request_headers: ['X-One'],
    allowed_response_headers: ['X-Two'],
  }
  const description = 'as "described", ${not} a template'
  expect(config.auth[0]).toMatchObject({
    type: 'kubernetes',
    path: 'demo',
    options: { ...tune, token_type: 'batch', description },
  })
  expect(config.auth.map(({ path, type }) => [path, type])).toContainEqual(['keys', 'jwt'])
  expect(config.secrets[0]).toMatchObject({
    path: 'static',
    type: 'kv',
    description,
    local: true,
    seal_wrap: true,
    options: { version: '2' },
    config: tune,
  })
})

test('only keys that bank-vaults knows: it refuses others', () => {
  const keys = (entries: readonly object[]): Set<string> => new Set(entries.flatMap((entry) => Object.keys(entry)))
  expect(keys([config])).toEqual(new Set(['policies', 'auth', 'secrets']))
  expect(keys(config.policies)).toEqual(new Set(['name', 'rules']))
  expect(keys(config.auth)).toEqual(new Set(['type', 'path', 'options', 'config', 'roles']))
  const engine = ['path', 'type', 'description', 'local', 'seal_wrap', 'options', 'config', 'configuration']
  expect(keys(config.secrets)).toEqual(new Set(engine))
})

test('a KV secret that is there is left alone', () => {
  expect(config.secrets[0]?.configuration?.['data']).toEqual([
    expect.objectContaining({ name: 'app/creds', create_only: true, options: { cas: 0 } }),
  ])
})

test('no secret stands there, each is asked of the environment', () => {
  const [{ text } = { text: '' }] = full.files
  expect(text).not.toContain('hidden-value')
  expect(text).toContain('password: "${ env `PGPASSWORD` }"')
  expect(new Set(full.inputs.map(({ name }) => name)).size).toBe(full.inputs.length)
  for (const { name } of full.inputs) expect(text).toContain(`#   ${name}: `)
  // One variable of the environment, used twice.
  expect(full.inputs.filter(({ name }) => name === 'SHARED')).toHaveLength(1)
})

test('what is not said, and what bank-vaults does not make, stands at the top', () => {
  const [{ text } = { text: '' }] = full.files
  for (const { address, field, why } of full.leftOut) expect(text).toContain(`#   ${address}: ${field}: ${why}.\n`)
  expect(full.leftOut.map(({ address, field }) => `${address} ${field}`)).toEqual(
    expect.arrayContaining([
      'vault namespace',
      'vault:sys/auth/demo sealWrap',
      'vault:team/one/app data',
      'vault:transit/keys/app minDecryptionVersion',
      'vault:auth/team/bound/config tokenReviewerJWT',
    ]),
  )
  expect(text).toContain('#   k8s:demo:Secret/vault-auth/reviewer-token-2\n')
})

test('the manifests are what icebreaker applies, but for whose they are', () => {
  const manifests = full.files.slice(1).map(({ name, text }) => {
    const documents = parseAllDocuments(text, { version: '1.1' })
    expect(documents.flatMap(({ errors }) => errors)).toEqual([])
    return [name, documents.map((document) => document.toJS() as { kind: string; metadata: { name: string } })] as const
  })
  expect(manifests.map(([name]) => name)).toEqual(
    ['demo', 'bound', 'client', 'pod', 'keys'].map((cluster) => `kubernetes-${cluster}.yaml`),
  )
  const [, demo] = manifests[0] ?? []
  expect(demo?.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    'Namespace/vault-auth',
    'Namespace/app',
    'ServiceAccount/reviewer',
    'ServiceAccount/app',
    'Secret/reviewer-token-2',
    'ClusterRoleBinding/icebreaker:vault-auth:reviewer',
  ])
  expect(demo?.[1]?.metadata).toEqual({
    name: 'app',
    labels: { team: 'a', 'example.com/x': 'y' },
    annotations: { note: 'mine' },
  })
})

test('names that YAML 1.1 takes for something else, and templates in every place', () => {
  const policies = { on: { grants: ['read kv static/app/creds'] }, 'a${b}': { file: 'by-hand.hcl' } }
  const roles = { y: { ...FULL.roles!['app']!, policies: ['on', 'a${b}'], audience: '1.0' } }
  const exported = bankVaultsOf(graphOf({ ...FULL, policies, roles }), 'full', SERVERS)
  const found = read(exported)
  expect(found.policies.map(({ name }) => name)).toEqual(['on', 'a${b}'])
  expect(found.auth[0]?.roles?.[0]).toMatchObject({ name: 'y', audience: '1.0', token_policies: ['on', 'a${b}'] })
})
