import { existsSync } from 'node:fs'
import { mkdir, rmdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { APPLY, IceError, USAGE } from '../catalogue/index.js'
import { loadConfig, resolveBeside } from '../config/index.js'
import { openSecretFile, Secret, type SecretFile } from '../secrets/index.js'
import { readSmallFile } from '../secrets/small-file.js'
import type { Initialised, Seal, SealStatus } from '../vault/index.js'
import { loadTls, openSeal, vaultSettings } from '../vault/index.js'
import type { FileOptions } from './options.js'
import { readPgpKey } from './pgp-key.js'
import { DEFAULT_TIMEOUT, timer } from './session.js'

export interface UnsealOptions extends FileOptions {
  /** Into how many parts the key is split, and how many of them open the server. */
  readonly shares: number
  readonly threshold: number
  /** Files with OpenPGP public keys, one for each share: then only their owners can read the shares. */
  readonly pgpKeys: readonly string[]
  readonly rootTokenPgpKey?: string
  /** A new folder for the shares and the root token. */
  readonly out?: string
  /** Files with a key share each. */
  readonly keyFiles: readonly string[]
  /** What was just made is used to open the server, too. */
  readonly open: boolean
  /** Asks whether the server is to be initialised. */
  confirm(question: string): Promise<boolean>
}

export interface UnsealResult {
  readonly operation: 'integrate unseal'
  readonly address: string
  /** Of this run: the server had no keys before. */
  readonly initialised: boolean
  readonly files: readonly string[]
  /** The shares are encrypted to PGP keys. */
  readonly encrypted: boolean
  readonly seal: SealStatus
}

/**
 * Initialises a fresh server, and opens one that is sealed. The key shares and the root token go into files that nobody
 * else can read, or, encrypted, to their owners; they are never shown.
 * @throws IceError USAGE.wrongUsage, USAGE.secretNotSaved, USAGE.nobodyToAsk; APPLY.declined; VAULT.badRequest: a share is wrong
 */
export async function unseal(options: UnsealOptions): Promise<UnsealResult> {
  const seal = await openServer(options)
  try {
    const before = await seal.status()
    const made = before.initialized ? undefined : await initialise(seal, before, options)
    // Shares that are encrypted open nothing here.
    const own = options.pgpKeys.length === 0 && options.open ? (made?.keys ?? []) : []
    const after = made === undefined ? before : await seal.status()
    const status = await openUp(seal, after, own, made !== undefined, options)
    return {
      operation: 'integrate unseal',
      address: seal.address,
      initialised: made !== undefined,
      files: made?.files ?? [],
      encrypted: options.pgpKeys.length > 0 && made !== undefined,
      seal: status,
    }
  } finally {
    await seal.close()
  }
}

/** The server that flags, environment and file name; no token is needed, or sent. */
async function openServer(options: UnsealOptions): Promise<Seal & { readonly address: string }> {
  const isThere = options.fileMustExist === true || existsSync(options.file)
  const vault = isThere ? (await loadConfig(options.file)).file.vault : undefined
  const {
    address,
    namespace: _namespace,
    proxy,
    timeoutMs,
    tls,
  } = vaultSettings({
    env: process.env,
    home: homedir(),
    flags: options,
    file: {
      address: vault?.address,
      tlsServerName: vault?.tlsServerName,
      caFile: vault?.caFile === undefined ? undefined : resolveBeside(resolve(options.file), vault.caFile),
    },
    allowPlaintext: vault?.accept.includes('plaintext') ?? false,
  })
  const limit = options.timeout ?? DEFAULT_TIMEOUT
  const signal = AbortSignal.any([options.stop, timer(limit, limit)])
  return { address, ...openSeal({ address, proxy, timeoutMs, tls: await loadTls(tls), signal }) }
}

async function initialise(
  seal: Seal & { readonly address: string },
  status: SealStatus,
  options: UnsealOptions,
): Promise<Initialised & { readonly files: readonly string[] }> {
  const { shares, threshold, out } = checked(options)
  const [pgpKeys, rootTokenPgpKey] = await Promise.all([
    Promise.all(options.pgpKeys.map(readPgpKey)),
    options.rootTokenPgpKey === undefined ? undefined : readPgpKey(options.rootTokenPgpKey),
  ])
  const what = `${shares} key ${shares === 1 ? 'share' : 'shares'}, of which ${threshold} open it`
  if (!(await options.confirm(`Initialise ${seal.address} with ${what}, and write them and the root token to ${out}?`)))
    throw new IceError(APPLY.declined, { message: 'Nothing was initialised.' })
  // The places first: keys that cannot be written down would be lost, and the server with them.
  await newFolder(out)
  await using places = new AsyncDisposableStack()
  // Where nothing came of it nothing stays; a folder that holds a key is not empty, and not removed.
  places.defer(() => rmdir(out).catch(() => undefined))
  const place = async (name: string): Promise<SecretFile> => places.use(await openSecretFile(join(out, name)))
  const keyFiles = await Promise.all(Array.from({ length: shares }, (_, index) => place(`key-${index + 1}`)))
  const tokenFile = await place('root-token')
  const recovery = status.type !== 'shamir'
  const made = await seal.initialise({
    ...{ shares, threshold, recovery, pgpKeys },
    ...(rootTokenPgpKey !== undefined && { rootTokenPgpKey }),
  })
  await Promise.all([
    ...keyFiles.map((file, index) => file.write(made.keys[index] ?? new Secret(''))),
    tokenFile.write(made.rootToken),
  ])
  return { ...made, files: [...keyFiles, tokenFile].map(({ path }) => path) }
}

/** @throws IceError USAGE.wrongUsage */
function checked({ shares, threshold, pgpKeys, out }: UnsealOptions): {
  shares: number
  threshold: number
  out: string
} {
  const wrong = (message: string): IceError => new IceError(USAGE.wrongUsage, { message })
  if (out === undefined)
    throw new IceError(USAGE.wrongUsage, {
      message: 'The server is not initialised, and nothing says where its keys are to be kept.',
      next: ['Add --out FOLDER, a folder that is not there yet; and --pgp-key for each holder of a share.'],
    })
  if (shares < 1 || shares > 255) throw wrong('--shares: from 1 to 255.')
  if (threshold < 1 || threshold > shares) throw wrong(`--threshold: from 1 to the number of shares, ${shares}.`)
  if (shares > 1 && threshold === 1) throw wrong('--threshold: with several shares at least 2 are needed.')
  if (pgpKeys.length > 0 && pgpKeys.length !== shares)
    throw wrong(`--pgp-key: there are ${pgpKeys.length} keys for ${shares} shares; each share needs one.`)
  return { shares, threshold, out: resolve(out) }
}

async function newFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'it is there already' : code
    throw new IceError(USAGE.secretNotSaved, {
      message: `The folder ${path} could not be made: ${why}. Nothing was initialised.`,
      next: ['Name a new folder with --out.'],
    })
  }
}

/** Gives shares until the server is open: those that were just made, those of files, those that somebody types. */
async function openUp(
  seal: Seal,
  before: SealStatus,
  own: readonly Secret[],
  isNew: boolean,
  options: UnsealOptions,
): Promise<SealStatus> {
  const { keyFiles, prompt } = options
  if (!before.sealed || before.type !== 'shamir' || (isNew && own.length === 0 && keyFiles.length === 0)) return before
  let status = before
  for (const share of [...own, ...(await Promise.all(keyFiles.map(readShare)))]) {
    if (!status.sealed) return status
    status = await seal.unseal(share)
  }
  while (status.sealed && prompt !== undefined) {
    const asked = `Key share ${status.progress + 1} of ${status.threshold}`
    status = await seal.unseal(new Secret((await prompt(asked)).trim()))
  }
  // With what was given others may go on.
  if (!status.sealed || keyFiles.length > 0 || own.length > 0) return status
  throw new IceError(USAGE.nobodyToAsk, {
    message: 'The server is sealed, and there is no terminal to ask for key shares at.',
    next: [`Add --key-file FILE ${status.threshold} times, once for each share.`],
  })
}

async function readShare(path: string): Promise<Secret> {
  const read = await readSmallFile(path)
  if ('text' in read && read.text.trim() !== '') return new Secret(read.text.trim())
  const problem = 'problem' in read ? read.problem : 'is empty'
  throw new IceError(USAGE.wrongUsage, { message: `--key-file: ${path} ${problem}.` })
}
