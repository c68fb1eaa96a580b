import type { BoundGrant } from '../kinds/policy.js'
import { scratchName } from '../kinds/scratch.js'
import { effective } from '../policy/index.js'
import { path, type VaultPath } from '../vault/index.js'

/**
 * A path that none of the grants covers: beside the first KV secret that may be read, as near to it as there is one (a
 * policy that is too wide is mostly wide there), else among the server's own policies. Nothing stands at it.
 */
export function outside(can: readonly BoundGrant[]): VaultPath {
  const rules = can.flatMap(({ type, engine, grant, path: rest }) => type.verbs[grant.verb]?.rules(engine, rest) ?? [])
  const kv = can.find(({ grant }) => grant.engine === 'kv' && grant.verb === 'read')
  if (kv !== undefined) {
    const root = kv.engine.section['version'] === 1 ? kv.engine.mount : `${kv.engine.mount}/data`
    const folders = kv.path.split('/').slice(0, -1)
    for (let depth = folders.length; depth >= 0; depth -= 1) {
      const beside = [root, ...folders.slice(0, depth), scratchName()].join('/')
      if (!beside.includes('+') && !effective(rules, beside).includes('read')) return path`${beside}`
    }
  }
  return path`sys/policies/acl/${scratchName()}`
}
