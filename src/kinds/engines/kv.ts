import { IceError, VAULT } from '../../catalogue/index.js'
import { hasWildcard, type Capability, type PathRule } from '../../policy/index.js'
import { path as vaultPath } from '../../vault/index.js'
import type { Engine, EngineType, Used, UseIo, Verb } from '../engine.js'

/** KV version 2 keeps values under data/, versions and names under metadata/; version 1 has one path for all. */
const isV2 = ({ section }: Engine): boolean => section['version'] !== 1

type Place = 'data' | 'metadata' | 'delete' | 'undelete' | 'destroy'

function place(engine: Engine, where: Place, path: string): string {
  const parts = [engine.mount, ...(isV2(engine) ? [where] : []), ...(path === '' ? [] : [path])]
  return parts.join('/')
}

type Use = (engine: Engine, path: string, io: UseIo) => Promise<Used>

const named =
  (use: Use): Use =>
  (engine, path, io) =>
    hasWildcard(path)
      ? Promise.resolve({ verdict: 'skipped', detail: 'a glob names no one path to try' })
      : use(engine, path, io)

const read: Verb = {
  rules: (engine, path) => [{ path: place(engine, 'data', path), capabilities: ['read'] }],
  use: named(async (engine, path, io) => {
    const answer = await io.workload.readSecret(vaultPath`${place(engine, 'data', path)}`)
    return { verdict: 'passed', ...(answer === undefined && { detail: 'allowed; nothing is stored there yet' }) }
  }),
}

const list: Verb = {
  mountItself: true,
  rules: (engine, path) => [{ path: place(engine, 'metadata', path), capabilities: ['list'] }],
  use: named(async (engine, path, io) => {
    const names = await io.workload.list(vaultPath`${place(engine, 'metadata', path)}`)
    return { verdict: 'passed', detail: names.length === 1 ? '1 name' : `${names.length} names` }
  }),
}

/** What would change the operator's data is not done: Vault is asked what it would allow. */
const change = (where: (engine: Engine) => Place, capability: (engine: Engine) => Capability): Verb => {
  const ruleOf = (engine: Engine, path: string) => ({
    path: place(engine, where(engine), path),
    capability: capability(engine),
  })
  return {
    rules: (engine, path) => {
      const rule = ruleOf(engine, path)
      return [{ path: rule.path, capabilities: [rule.capability] }]
    },
    use: named(async (engine, path, io) => {
      const wanted = ruleOf(engine, path)
      const target = vaultPath`${wanted.path}`
      const allowed = await io.capabilities(target.text)
      if (allowed === undefined)
        return { verdict: 'skipped', detail: 'neither the workload nor the operator may ask what is allowed' }
      if (allowed.includes(wanted.capability) || allowed.includes('root'))
        return { verdict: 'passed', detail: 'by capability: nothing was changed' }
      throw new IceError(VAULT.notPermitted, {
        message: `The token may not ${wanted.capability} ${target.text}.`,
        evidence: { status: 403, needs: wanted.capability, has: allowed.join(', ') },
      })
    }),
  }
}

const onData = (capability: Capability): Verb =>
  change(
    () => 'data',
    () => capability,
  )

/** Versions exist only in version 2; in version 1 the verb means deleting. */
const onVersions = (where: 'undelete' | 'destroy'): Verb =>
  change(
    (engine) => (isV2(engine) ? where : 'data'),
    (engine) => (isV2(engine) ? 'update' : 'delete'),
  )

const subscribe = onData('subscribe')
const EVENTS: PathRule = { path: 'sys/events/subscribe/kv*', capabilities: ['read'] }

/** Key and value. https://openbao.org/api-docs/secret/kv/kv-v2/ */
export const kv: EngineType = {
  type: 'kv',
  noun: 'path',
  names: ({ section }) => Object.keys(section['secrets'] ?? {}),
  verbs: {
    read,
    list,
    create: onData('create'),
    update: onData('update'),
    patch: onData('patch'),
    delete: onData('delete'),
    undelete: onVersions('undelete'),
    destroy: onVersions('destroy'),
    subscribe: { ...subscribe, rules: (engine, path) => [...subscribe.rules(engine, path), EVENTS] },
  },
}
