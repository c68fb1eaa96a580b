import { DOCTOR, IceError, VAULT } from '../../catalogue/index.js'
import { lookupSelf, path } from '../../vault/index.js'
import { readMounts } from '../../vault/mounts.js'
import { fact } from '../contract.js'

const one = (): string => ''

/** sys/health, which answers in every state and needs no token. */
export const health = fact({
  what: 'the health of Vault',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { scene }) {
    const state = await scene.vault.health()
    return { ...state, seenAt: Date.now() }
  },
})

/** Vault can be reached, and serves requests. @throws IceError VAULT.uninitialized, VAULT.sealed */
export const serving = fact({
  what: 'whether Vault serves requests',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { ask }) {
    const state = await ask(health, undefined)
    if (!state.initialized) throw new IceError(VAULT.uninitialized, { message: 'Vault is not initialised.' })
    if (state.sealed) throw new IceError(VAULT.sealed, { message: 'Vault is sealed.' })
    return state
  },
})

/** auth/token/lookup-self of the operator. */
export const operatorToken = fact({
  what: 'the operator’s token',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { scene, ask }) {
    await ask(serving, undefined)
    return lookupSelf(scene.vault)
  },
})

/** What is mounted; `all`: nothing is missing. */
export const mounts = fact({
  what: 'the mounts of Vault',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { scene, ask }) {
    await ask(serving, undefined)
    return readMounts(scene.vault)
  },
})

/** The names of the policies that Vault has, as it keeps them: in lower case. */
export const policyNames = fact({
  what: 'the names of the policies',
  key: one,
  from: 'operator',
  async fetch(_subject: unknown, { scene, ask }): Promise<ReadonlySet<string>> {
    await ask(serving, undefined)
    return new Set(await scene.vault.list(path`sys/policies/acl`))
  },
})

/** The text of a policy. */
export const policyText = fact({
  what: 'the text of the policy',
  key: ({ policy }: { readonly policy: string }) => policy,
  from: 'operator',
  async fetch({ policy }, { scene, ask }) {
    await ask(serving, undefined)
    const text = (await scene.vault.read<{ policy?: string }>(path`sys/policies/acl/${policy}`))?.data.policy
    if (text === undefined) throw new IceError(DOCTOR.notThere, { message: `Vault has no policy ${policy}.` })
    return text.replaceAll('\r\n', '\n')
  },
})
