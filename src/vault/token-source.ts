import { open } from 'node:fs/promises'
import { IceError, isIceError, VAULT } from '../catalogue/index.js'
import type { Emit } from '../events/index.js'
import { Secret } from '../secrets/index.js'
import type { TokenSource, VaultSettings } from './environment.js'
import { askTokenHelper, tokenHelperOf } from './token-helper.js'

/** Larger than any token, small enough that a wrong file does no harm. */
const LARGEST = 64 * 1024

type Receiver = Pick<VaultSettings, 'address' | 'foreign'>

/**
 * The operator's token. The token file is the one of `vault login`; as there, a link is followed and surrounding white
 * space dropped.
 * @param to whom the token is for; a token helper is told, and not asked for what must not go there
 * @returns undefined where there is none
 * @throws IceError VAULT.badToken, VAULT.badSetting, VAULT.tokenHelper, VAULT.foreignToken
 */
export async function readToken(source: TokenSource, emit: Emit, to: Receiver): Promise<Secret | undefined> {
  if (source.kind === 'none') return undefined
  if (source.kind === 'value') return checkToken(source.token, source.from)
  if (source.kind === 'kept') {
    const helper = await tokenHelperOf(source.config)
    if (helper === undefined)
      return source.path === undefined ? undefined : readToken({ kind: 'file', path: source.path }, emit, to)
    if (to.foreign) throw to.foreign
    const kept = await askTokenHelper(helper, to.address)
    return kept && checkToken(kept, `The token helper ${helper}`)
  }
  const token = await readTokenFile(source.path, emit)
  // One that is only looked for may be missing; one that was named may not.
  if (token === '' && source.named === true) throw unusable(source.path, 'empty, or not there')
  return token === '' ? undefined : checkToken(new Secret(token), source.path)
}

async function readTokenFile(path: string, emit: Emit): Promise<string> {
  try {
    await using file = await open(path)
    const { mode, size } = await file.stat()
    if (size > LARGEST) throw unusable(path, 'too large to hold a token')
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const text = `${path} can be read by others; chmod 600 ${path}`
      emit({ type: 'note', level: 'warning', code: VAULT.tokenFileOpen.code, text })
    }
    return (await file.readFile('utf8')).trim()
  } catch (error) {
    if (isIceError(error)) throw error
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ''
    throw unusable(path, `not readable (${code})`)
  }
}

const unusable = (path: string, why: string) =>
  new IceError(VAULT.badSetting, { message: `The token file ${path} is ${why}.`, evidence: { path } })

/**
 * A token is sent as a header: one with white space or control characters would be cut, or carry headers of its own.
 * @throws IceError VAULT.badToken
 */
export function checkToken(token: Secret, from: string): Secret {
  if (/^[\x21-\x7e]+$/.test(Secret.reveal(token))) return token
  throw new IceError(VAULT.badToken, { message: `${from} holds a character that no token has. It was not sent.` })
}
