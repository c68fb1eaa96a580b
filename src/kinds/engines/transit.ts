import { randomBytes } from 'node:crypto'
import { IceError, VERIFY } from '../../catalogue/index.js'
import { hasWildcard, type Capability } from '../../policy/index.js'
import { path as vaultPath, statusOf, type Vault } from '../../vault/index.js'
import type { Engine, EngineType, Used, UseIo, Verb } from '../engine.js'

/** One key of one mount, and what is known of it. */
interface Key {
  readonly mount: string
  readonly name: string
  /** What has to be sent with every operation: a derived key is another one for each context. */
  readonly always: { readonly context?: string }
  readonly signs: boolean
  /** Who may help the workload. The operator only where the key is known to be there: his `encrypt` would make it. */
  readonly helpers: readonly Vault[]
}

type Use = (key: Key, io: UseIo) => Promise<Used>

/** `update` alone: with `create` Vault would make a missing key on the way (hashicorp/vault#10397). */
const operation = (name: string, use: Use, more: readonly string[] = []): Verb => ({
  rules: ({ mount }, key) =>
    [key, ...more.map((suffix) => `${key}/${suffix}`)].map((rest) => ({
      path: `${mount}/${name}/${rest}`,
      capabilities: ['update'] satisfies Capability[],
    })),
  use: named(async (engine, name, io) => {
    const key = await keyOf(engine, name, io)
    return key === undefined ? { verdict: 'skipped', detail: `there is no key ${name} to try it with` } : use(key, io)
  }),
})

function named(use: Verb['use']): Verb['use'] {
  return (engine, name, io) =>
    hasWildcard(name)
      ? Promise.resolve({ verdict: 'skipped', detail: 'a glob names no one key to try' })
      : use(engine, name, io)
}

/** What the operator sees of the key, and where he may not look, what the file says. @returns undefined where there is none */
async function keyOf({ mount, section }: Engine, name: string, io: UseIo): Promise<Key | undefined> {
  const seen = await unlessRefused(() => io.operator.read<Facts>(vaultPath`${mount}/keys/${name}`))
  if (seen === undefined) return undefined
  const facts = seen === REFUSED ? (section['keys'] as Record<string, Facts> | undefined)?.[name] : seen.data
  return {
    mount,
    name,
    always: facts?.derived === true ? { context: random() } : {},
    signs: facts?.supports_signing !== false,
    helpers: seen === REFUSED ? [io.workload] : [io.operator, io.workload],
  }
}

interface Facts {
  readonly derived?: boolean
  readonly supports_signing?: boolean
}

const REFUSED = Symbol('refused')

async function unlessRefused<T>(call: () => Promise<T>): Promise<T | typeof REFUSED> {
  try {
    return await call()
  } catch (error) {
    if (statusOf(error) === 403) return REFUSED
    throw error
  }
}

type Body = Readonly<Record<string, string>>

async function ask<F extends string>(vault: Vault, key: Key, verb: string, body: Body): Promise<Record<F, string>> {
  const target = vaultPath`${key.mount}/${verb}/${key.name}`
  const answer = await vault.write<Record<F, string>>(target, { ...body, ...key.always }, { repeatable: true })
  return answer.data
}

/** What the workload needs to begin with. @returns undefined where nobody here may make it */
async function help<T>(key: Key, call: (vault: Vault) => Promise<T>): Promise<T | undefined> {
  for (const vault of key.helpers) {
    const answer = await unlessRefused(() => call(vault))
    if (answer !== REFUSED) return answer
  }
  return undefined
}

const random = (): string => randomBytes(24).toString('base64')
const JUNK = 'vault:v1:AAAA'

/** Asks with what cannot work: the policy comes first, so a refusal still shows. */
async function withJunk(attempt: Promise<unknown>, lacking: string): Promise<Used> {
  await attempt.catch((error: unknown) => {
    if (statusOf(error) !== 400) throw error
  })
  return { verdict: 'skipped', allowed: true, detail: `allowed, but nobody here may ${lacking} to prove that it works` }
}

const asBefore: Used = { verdict: 'passed', detail: 'a canary came back as it was' }
const changed = () =>
  new IceError(VERIFY.probeFailed, { message: 'Transit decrypts to something else than was encrypted.' })

async function encrypt(key: Key, { workload }: UseIo): Promise<Used> {
  const plaintext = random()
  const { ciphertext } = await ask<'ciphertext'>(workload, key, 'encrypt', { plaintext })
  const opened = await help(key, (vault) => ask<'plaintext'>(vault, key, 'decrypt', { ciphertext }))
  if (opened === undefined) return { verdict: 'passed', detail: 'encrypted; nobody here may decrypt it to compare' }
  if (opened.plaintext !== plaintext) throw changed()
  return asBefore
}

async function decrypt(key: Key, { workload }: UseIo): Promise<Used> {
  const plaintext = random()
  const made = await help(key, (vault) => ask<'ciphertext'>(vault, key, 'encrypt', { plaintext }))
  const ciphertext = made?.ciphertext ?? JUNK
  const opening = ask<'plaintext'>(workload, key, 'decrypt', { ciphertext })
  if (made === undefined) return withJunk(opening, 'encrypt something')
  if ((await opening).plaintext !== plaintext) throw changed()
  return asBefore
}

async function rewrap(key: Key, { workload }: UseIo): Promise<Used> {
  const plaintext = random()
  const made = await help(key, (vault) => ask<'ciphertext'>(vault, key, 'encrypt', { plaintext }))
  const rewrapping = ask<'ciphertext'>(workload, key, 'rewrap', { ciphertext: made?.ciphertext ?? JUNK })
  if (made === undefined) return withJunk(rewrapping, 'encrypt something')
  await rewrapping
  return { verdict: 'passed' }
}

async function verify(key: Key, { workload }: UseIo): Promise<Used> {
  const input = random()
  const [how, proof] = key.signs ? (['sign', 'signature'] as const) : (['hmac', 'hmac'] as const)
  const made = await help(key, (vault) => ask<typeof proof>(vault, key, how, { input }))
  const verifying = ask<'valid'>(workload, key, 'verify', { input, [proof]: made?.[proof] ?? JUNK })
  if (made === undefined) return withJunk(verifying, `make a ${proof}`)
  if (!(await verifying).valid)
    throw new IceError(VERIFY.probeFailed, { message: `Transit does not accept its own ${proof}.` })
  return { verdict: 'passed', detail: `a fresh ${proof} was accepted` }
}

const alone =
  (verb: string): Use =>
  async (key, { workload }) => {
    await ask(workload, key, verb, { input: random() })
    return { verdict: 'passed' }
  }

/** Encryption as a service. https://openbao.org/api-docs/secret/transit/ */
export const transit: EngineType = {
  type: 'transit',
  noun: 'key',
  names: ({ section }) => Object.keys(section['keys'] ?? {}),
  verbs: {
    encrypt: operation('encrypt', encrypt),
    decrypt: operation('decrypt', decrypt),
    rewrap: operation('rewrap', rewrap),
    sign: operation('sign', alone('sign'), ['*']),
    verify: operation('verify', verify, ['*']),
    hmac: operation('hmac', alone('hmac'), ['*']),
    read: {
      rules: ({ mount }, key) => [{ path: `${mount}/keys/${key}`, capabilities: ['read'] }],
      use: named(async ({ mount }, key, { workload }) => {
        const found = await workload.read(vaultPath`${mount}/keys/${key}`)
        return { verdict: 'passed', ...(found === undefined && { detail: 'allowed; there is no such key yet' }) }
      }),
    },
  },
}
