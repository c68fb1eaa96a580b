import { LINT } from '../../../catalogue/index.js'
import { covers, overlaps } from '../../match.js'
import { allowed, candidates, coversFor, problem, rule } from '../stanzas.js'
import type { Rule } from '../types.js'

const q = (word: string): string => JSON.stringify(word)

/** What is as much as root, to whoever has one of these capabilities on all of a path. */
const POWERS: readonly { readonly path: string; readonly capabilities: readonly string[]; readonly why: string }[] = [
  {
    path: '*',
    capabilities: ['create', 'read', 'update', 'patch', 'delete', 'sudo'],
    why: 'That is every path there is, every secret among them, also of what is mounted later.',
  },
  {
    path: 'sys/policies/acl/*',
    capabilities: ['create', 'update', 'patch'],
    why: 'Whoever may write every policy may write his own.',
  },
  {
    path: 'sys/policy/*',
    capabilities: ['create', 'update'],
    why: 'Whoever may write every policy may write his own.',
  },
  {
    path: 'identity/*',
    capabilities: ['create', 'update', 'patch'],
    why: 'Entities and groups have policies: whoever may write them all may give himself any.',
  },
  { path: 'sys/raw/*', capabilities: ['sudo'], why: 'It is the storage below everything else.' },
]

const powerful = rule({
  record: LINT.powerful,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      const own = allowed(stanza)
      const power = POWERS.find(
        ({ path, capabilities }) => covers(stanza.path, path) && capabilities.some((each) => own.includes(each)),
      )
      if (power === undefined) continue
      const given = power.capabilities.filter((each) => own.includes(each))
      yield problem(stanza, `It allows ${given.join(', ')} on ${q(stanza.path)}. ${power.why}`)
    }
  },
})

const broaderThanGrants = rule({
  record: LINT.broaderThanGrants,
  needs: [],
  *judge({ policy: { parsed, granted } }) {
    if (granted === undefined) return
    const near = candidates(granted.rules)
    for (const stanza of parsed.stanzas) {
      const mounts = granted.mounts.filter((mount) => overlaps(stanza.path, `${mount}/*`))
      if (mounts.length === 0) continue
      const speaking = near(stanza.path)
      const given = (capability: string): boolean =>
        speaking.some(
          (rule) =>
            rule.capabilities.some((own) => own === capability) && coversFor(capability, rule.path, stanza.path),
        )
      const more = allowed(stanza).filter((capability) => !given(capability))
      if (more.length === 0) continue
      const within = granted.rules.filter((rule) => overlaps(rule.path, stanza.path))
      const limit =
        within.length === 0
          ? `No grant of the file speaks of anything there.`
          : `There the grants of the file say only: ${within.map((rule) => `${rule.capabilities.join(', ')} on ${q(rule.path)}`).join('; ')}.`
      yield problem(stanza, `It allows ${more.join(', ')} on ${q(stanza.path)}. ${limit}`)
    }
  },
})

export const breadthRules: readonly Rule[] = [powerful, broaderThanGrants]
