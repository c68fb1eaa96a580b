import { LINT } from '../../../catalogue/index.js'
import { hasWildcard } from '../../match.js'
import { endpointsAt, apiOf, isKv } from '../apis.js'
import { allowed, coversFor, fresh, isDenied, place, problem, rewritten, rule, type Placed } from '../stanzas.js'
import type { MountFact, Rule, Stanza } from '../types.js'

const q = (word: string): string => JSON.stringify(word)

/** The stanzas of a policy that are in KV of this version. */
function* inKv(
  stanzas: readonly Stanza[],
  mounts: Readonly<Record<string, MountFact>>,
  version: 1 | 2,
): Generator<readonly [Stanza, Placed]> {
  for (const stanza of stanzas) {
    const placed = place(stanza.path, mounts)
    if (placed !== undefined && isKv(placed, version)) yield [stanza, placed]
  }
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/')

/** What lists, and what reads and writes, are of different paths. */
function withPrefixes(stanza: Stanza, { mount, rest }: Placed): string {
  const data = joined(mount, 'data', rest)
  const metadata = rest === '' ? `${mount}/metadata/` : joined(mount, 'metadata', rest)
  if (isDenied(stanza)) return [data, metadata].map((path) => rewritten(stanza, { path })).join('\n\n')
  const own = allowed(stanza)
  const lists: readonly string[] = own.filter((each) => each === 'list' || each === 'scan')
  const others = own.filter((each) => !lists.includes(each))
  if (lists.length === 0) return rewritten(stanza, { path: data })
  if (others.length === 0) return rewritten(stanza, { path: metadata })
  return [rewritten(stanza, { path: data, capabilities: others }), fresh(metadata, lists)].join('\n\n')
}

const kv2Prefix = rule({
  record: LINT.kv2Prefix,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const [stanza, placed] of inKv(policy.parsed.stanzas, mounts, 2)) {
      const { mount, rest } = placed
      if (endpointsAt(apiOf(placed) ?? [], rest).length > 0) continue
      // data and metadata alone are nothing either, but the part is there.
      if (['data', 'delete', 'undelete', 'destroy', 'subkeys'].includes(rest.replace(/\/$/, ''))) continue
      yield problem(
        stanza,
        `${mount} is KV version 2: ${rest === '' ? 'its names are listed' : `values are read and written at ${q(joined(mount, 'data', rest))}, listed`} at ${q(`${joined(mount, 'metadata', rest)}${rest === '' ? '/' : ''}`)}.`,
        withPrefixes(stanza, placed),
      )
    }
  },
})

const kv1Prefix = rule({
  record: LINT.kv1Prefix,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const [stanza, { mount, rest }] of inKv(policy.parsed.stanzas, mounts, 1)) {
      const found = /^(data|metadata)(?:\/(.*))?$/.exec(rest)
      if (found === null) continue
      const path = joined(mount, found[2] ?? '')
      yield problem(
        stanza,
        `${mount} is KV version 1, which has no ${found[1] ?? ''}/ in its paths.`,
        rewritten(stanza, { path: path === mount ? `${mount}/` : path }),
      )
    }
  },
})

const kv2List = rule({
  record: LINT.kv2List,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    const { stanzas } = policy.parsed
    for (const [stanza, { mount, rest }] of inKv(stanzas, mounts, 2)) {
      const inside = /^data(?:\/(.*))?$/.exec(rest)
      if (inside === null || !allowed(stanza).includes('list')) continue
      const metadata = inside[1] === undefined ? `${mount}/metadata/` : joined(mount, 'metadata', inside[1])
      const isListed = stanzas.some(
        (other) => allowed(other).includes('list') && coversFor('list', other.path, metadata),
      )
      if (isListed) continue
      const others = allowed(stanza).filter((each) => each !== 'list')
      const listing = fresh(metadata, ['list'])
      yield problem(
        stanza,
        `Nothing can be listed at ${q(stanza.path)}: names are listed at ${q(metadata)}, which the policy does not speak of.`,
        others.length === 0 ? listing : `${rewritten(stanza, { capabilities: others })}\n\n${listing}`,
      )
    }
  },
})

const CONDITIONS = ['allowed_parameters', 'denied_parameters', 'required_parameters']

const parametersOnKv2 = rule({
  record: LINT.parametersOnKv2,
  needs: ['mounts'],
  *judge({ policy, facts: { mounts } }) {
    for (const [stanza, { rest }] of inKv(policy.parsed.stanzas, mounts, 2)) {
      if (hasWildcard(rest.split('/')[0] ?? '') || !rest.startsWith('data/')) continue
      for (const { name, line, column, value } of stanza.keys) {
        if (!CONDITIONS.includes(name) || speaksOfEnvelope(value)) continue
        yield {
          at: { line, column },
          path: stanza.path,
          message: `${name} speaks of the keys of the secret, but a request to ${q(stanza.path)} has only data and options.`,
        }
      }
    }
  },
})

/** Does it speak only of what a request to data/ really has? */
function speaksOfEnvelope(value: Stanza['keys'][number]['value']): boolean {
  const names = [
    ...(value.items ?? []).map(({ keys }) => keys[0]?.value),
    ...(value.list ?? []).map((each) => each.value),
  ]
  return names.length > 0 && names.every((name) => name === 'data' || name === 'options' || name === '*')
}

export const kvRules: readonly Rule[] = [kv2Prefix, kv1Prefix, kv2List, parametersOnKv2]
