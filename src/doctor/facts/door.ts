import { isIceError, VAULT } from '../../catalogue/index.js'
import { scratchName } from '../../kinds/scratch.js'
import { path, statusOf } from '../../vault/index.js'
import { fact } from '../contract.js'
import { meantMount, met, mountRow, withVisitor } from './mount.js'
import { presentRole } from './role.js'
import { accountNow, accountToken, byDoor, login, visitorName, type OfWorkload } from './workload.js'

/** yes: this machine may knock. no: Vault refuses it before it reads the token. */
type Admitted = 'yes' | 'no' | 'unknown'

/** Does the role let in logins that come from here? */
export const admitted = fact({
  what: 'whether logins may come from here',
  key: ({ mount, role }: OfWorkload) => `${mount}/${role}`,
  from: 'vault',
  async fetch(subject, { ask }): Promise<Admitted> {
    const { role } = await ask(presentRole, subject)
    return role.cidrs.length === 0 ? 'yes' : ask(knocked, subject)
  },
})

const knocked = fact({
  what: 'a knock at the door of the role',
  key: ({ mount, role }: OfWorkload) => `${mount}/${role}`,
  from: 'vault',
  writes: ({ mount }: OfWorkload) =>
    `a role auth/${mount}/role/icebreaker-scratch-… that lets nobody in, and a ten-minute token of an account; both are removed at once`,
  async fetch(subject, look): Promise<Admitted> {
    const { role: live } = await look.ask(presentRole, subject)
    // Without the addresses a role that lets nobody in must say more than that, or nothing can be told apart.
    if ((await look.ask(met, subject)).kind === 'tokenRefused') return 'unknown'
    return withVisitor(subject, look, async ({ serviceAccount, token }) => {
      const name = scratchName()
      const at = path`auth/${subject.mount}/role/${name}`
      try {
        await look.scene.vault.write(at, {
          bound_service_account_names: [serviceAccount],
          bound_service_account_namespace_selector: JSON.stringify({ matchLabels: { [name]: name } }),
          token_bound_cidrs: live.cidrs,
          token_no_default_policy: true,
          token_num_uses: 1,
          token_ttl: 1,
        })
        await look.scene.vault.login(subject.mount, name, token)
        return 'unknown'
      } catch (error) {
        if (statusOf(error) === undefined || !isIceError(error)) throw error
        if (error.code !== VAULT.loginRefused.code) return 'unknown'
        return isBare(String(error.details.evidence?.['said'])) ? 'no' : 'yes'
      } finally {
        await look.scene.vault.delete(at)
      }
    })
  },
})

/** The two words that Vault has for most of what can go wrong. */
export const isBare = (said: string): boolean => /(^|: )permission denied[.)]?$/.test(said.trim())

/** Vault’s entity of the account, by the alias that a login has; undefined where it does not know it yet. */
export const entityNow = fact({
  what: 'the entity of the account',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask, scene }): Promise<{ id: string; disabled: boolean } | undefined> {
    await ask(meantMount, subject)
    const { role } = await ask(presentRole, subject)
    const { namespace, name } = await ask(visitorName, subject)
    const uid =
      subject.token === undefined
        ? (await ask(accountNow, subject))?.metadata.uid
        : (await ask(accountToken, subject)).account.uid
    const accessor = (await ask(mountRow, subject))?.accessor
    if (accessor === undefined || uid === undefined) return undefined
    const alias = role.aliasName === 'name' ? `${namespace}/${name}` : uid
    // It writes nothing: the names would be too long for a path.
    const found = await scene.vault.write<{ id?: string; disabled?: boolean }>(
      path`identity/lookup/entity`,
      { alias_name: alias, alias_mount_accessor: accessor },
      { repeatable: true },
    )
    const { id, disabled } = found.data
    return id === undefined ? undefined : { id, disabled: disabled === true }
  },
})

/** The rules of lease counts and rates that hold for the mount; asked only where a login was answered with 429. */
export const loginQuotas = fact({
  what: 'the quotas of the mount',
  key: byDoor,
  from: 'operator',
  async fetch(subject: OfWorkload, { ask, scene }): Promise<readonly string[]> {
    const attempt = await ask(login, subject)
    if (attempt.ok || attempt.status !== 429) return []
    const names = await scene.vault.list(path`sys/quotas/rate-limit`)
    const rules = await Promise.all(
      names.map(async (name) => (await scene.vault.read<QuotaRule>(path`sys/quotas/rate-limit/${name}`))?.data),
    )
    return rules.flatMap((rule) => {
      if (rule === undefined || !(rule.path === '' || `auth/${subject.mount}/login`.startsWith(rule.path))) return []
      return [`${rule.name}: ${rule.rate} in ${rule.interval} s at ${rule.path || 'all paths'}`]
    })
  },
})

interface QuotaRule {
  readonly name: string
  readonly path: string
  readonly rate: number
  readonly interval: number
  readonly [key: string]: unknown
}
