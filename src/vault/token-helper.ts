import { isAbsolute } from 'node:path'
import { IceError, VAULT } from '../catalogue/index.js'
import { redact, Secret } from '../secrets/index.js'
import { readSmallFile } from '../secrets/small-file.js'
import type { ConfigFiles } from './environment.js'

/** A helper may ask an agent or a keychain, but not for ever. */
const LIMIT_MS = 30_000
const LARGEST = 64 * 1024

/**
 * The token helper that the command lines' configuration names, an absolute path; undefined: none. The configuration is
 * HCL 1 with the one key `token_helper` (openbao/command/config). One that was not named and is none of that is passed
 * over: other programs use the name ~/.vault, too.
 * @throws IceError VAULT.tokenHelper
 */
export async function tokenHelperOf({ paths, named }: ConfigFiles): Promise<string | undefined> {
  for (const path of paths) {
    const file = await readSmallFile(path)
    if ('problem' in file) {
      if (named && !file.missing) throw unusable(path, file.problem)
      continue
    }
    const helper = await helperIn(path, file.text, named)
    if (helper !== undefined) return helper
  }
  return undefined
}

async function helperIn(path: string, text: string, named: boolean): Promise<string | undefined> {
  const { parseTree } = await import('../policy/parser/index.js')
  const tree = await parseTree(text)
  if ('error' in tree) {
    if (!named) return undefined
    throw unusable(path, `is not HCL (line ${tree.error.line})`)
  }
  const found = tree.items.find(({ keys }) => keys[0]?.value === 'token_helper')
  const helper = found?.value.kind === 'text' ? (found.value.value ?? '') : ''
  if (helper === '') return undefined
  // A relative one would be another program in each folder.
  if (isAbsolute(helper)) return helper
  throw unusable(path, 'names a token helper without its absolute path')
}

const unusable = (path: string, why: string): IceError =>
  new IceError(VAULT.tokenHelper, { message: `The configuration ${path} ${why}.`, evidence: { path } })

/**
 * Asks a token helper for the token: `HELPER get`, without a terminal, for 30 seconds at most. It is told the address that
 * is spoken to, since flags and files may say it.
 * @returns undefined where it has none
 * @throws IceError VAULT.tokenHelper; never with what it printed to standard output
 */
export async function askTokenHelper(
  helper: string,
  address: string,
  timeoutMs = LIMIT_MS,
): Promise<Secret | undefined> {
  const { execa } = await import('execa')
  const running = execa(helper, ['get'], {
    reject: false,
    stdin: 'ignore',
    env: { VAULT_ADDR: address, BAO_ADDR: address },
    maxBuffer: LARGEST,
    stripFinalNewline: false,
    windowsHide: true,
  })
  const limit = new AbortController()
  // execa's own limit goes on waiting for what the helper has started and left with its output.
  const timer = setTimeout(() => {
    limit.abort()
    running.kill('SIGKILL')
    running.stdout.destroy()
    running.stderr.destroy()
  }, timeoutMs)
  const result = await running.finally(() => clearTimeout(timer))
  // Also what a helper says before it fails may be the token.
  const token = result.stdout.trim()
  const secret = token === '' ? undefined : new Secret(token)
  if (!result.failed) return secret
  const why = limit.signal.aborted
    ? `did not end within ${timeoutMs / 1000} seconds`
    : result.isMaxBuffer
      ? 'prints more than a token'
      : result.exitCode === undefined
        ? `cannot be run (${result.code ?? 'unknown'})`
        : `failed with exit code ${result.exitCode}`
  const said = redact(result.stderr).replace(/\s+/g, ' ').trim().slice(0, 300)
  throw new IceError(VAULT.tokenHelper, {
    message: `The token helper ${helper} ${why}.`,
    evidence: { helper, ...(said !== '' && { said }) },
  })
}
