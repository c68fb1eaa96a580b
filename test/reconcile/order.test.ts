import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IceError, VAULT } from '../../src/catalogue/index.js'
import type { File } from '../../src/config/file.js'
import { authRole } from '../../src/kinds/auth-role.js'
import type { Address, Io } from '../../src/kinds/contract.js'
import { text, type Values } from '../../src/kinds/fields.js'
import { policy } from '../../src/kinds/policy.js'
import { effective, readCanonical, type Rules } from '../../src/policy/index.js'
import { applyPlan } from '../../src/reconcile/apply.js'
import { buildGraph } from '../../src/reconcile/graph.js'
import { makePlan } from '../../src/reconcile/plan.js'
import type { Vault, VaultPath } from '../../src/vault/index.js'

/**
 * The safe order: at every moment of a run, whatever fails in it and wherever it ends, each single thing that somebody may
 * do is allowed by the old file or by the new one. And where nothing fails and the paths of policies do not overlap, one
 * of the two files allows all that somebody may do.
 */

const KINDS = [policy, authRole]
type State = ReadonlyMap<Address, Values>

const EXACT = ['read kv kv/a', 'read kv kv/b', 'list kv kv/a', 'update kv kv/a', 'read kv kv/a/x']
/** The most specific path of all of a token's policies wins, so these hide one another. */
const OVERLAPPING = [...EXACT, 'read kv kv/a/*', 'read kv kv/*']
const REQUESTS = ['kv/data/a', 'kv/data/b', 'kv/data/c', 'kv/data/a/x', 'kv/metadata/a']
const NAMES = ['a', 'ab', 'b']
const NAMESPACES = ['x', 'y']
const AUDIENCES = ['v', 'w']

const role = (known: readonly string[]) =>
  fc.record({
    serviceAccounts: fc.oneof(fc.constant(['*']), fc.subarray(['a', 'ab', 'b', 'a*'], { minLength: 1 })),
    namespaces: fc.subarray(NAMESPACES, { minLength: 1 }),
    policies: fc.subarray([...known]),
    audience: fc.constantFrom(...AUDIENCES),
    tokenTTL: fc.constantFrom(60, 120),
    accept: fc.constant(['wildcard' as const]),
  })

const fileOf = (grants: readonly string[]): fc.Arbitrary<File> =>
  fc
    .dictionary(fc.constantFrom('p', 'q'), fc.record({ grants: fc.subarray([...grants], { minLength: 1 }) }))
    .chain((named) =>
      fc.dictionary(fc.constantFrom('r', 's'), role(Object.keys(named))).map(
        (roles) =>
          ({
            name: 'test',
            engines: { kv: { type: 'kv', version: 2, secrets: {} } },
            policies: named,
            roles,
            clusters: { demo: { auth: { path: 'demo' } } },
          }) as unknown as File,
      ),
    )

const graphOf = (of: File) => buildGraph(KINDS, of, { clusters: {}, texts: {} })

/** What the servers hold once a file is applied; what it no longer has stays. */
function applied(before: State, of: File): State {
  const desired = [...graphOf(of).values()].map(({ address, desired }) => [address, desired as Values] as const)
  return new Map([...before, ...desired])
}

/** What an account may do with the tokens that it can log in for. */
function allowed(state: State, account: Account): ReadonlySet<string> {
  return new Set(rolesOf(state, account).flatMap((named) => granted(named.flatMap((name) => rulesOf(state, name)))))
}

/** What a file allows: each policy by itself. A stanza of another one may hide some of it, but that is no promise. */
function meant(state: State, account: Account): ReadonlySet<string> {
  return new Set(rolesOf(state, account).flatMap((named) => named.flatMap((name) => granted(rulesOf(state, name)))))
}

/** The policies of each role that admits an account. */
function rolesOf(state: State, account: Account): string[][] {
  const roles = [...state].filter(([address, values]) => address.includes('/role/') && admits(values, account))
  return roles.map(([, { policies }]) => list(policies))
}

const granted = (rules: Rules): string[] =>
  REQUESTS.flatMap((at) => effective(rules, at).map((capability) => `${capability} ${at}`))

interface Account {
  readonly name: string
  readonly namespace: string
  readonly audience: string
}

const list = (value: unknown): string[] => (value as string[] | undefined) ?? []

function admits({ serviceAccounts, namespaces, audience }: Values, account: Account): boolean {
  const named = list(serviceAccounts).some((glob) =>
    glob.endsWith('*') ? account.name.startsWith(glob.slice(0, -1)) : glob === account.name,
  )
  return named && list(namespaces).includes(account.namespace) && audience === account.audience
}

function rulesOf(state: State, name: string): Rules {
  const held = state.get(`vault:sys/policies/acl/${name}`)?.['policy']
  if (held === undefined) return []
  const rules = readCanonical(text(held))
  if (rules === undefined) throw new Error(`not canonical: ${text(held)}`)
  return rules
}

const ACCOUNTS = NAMES.flatMap((name) =>
  NAMESPACES.flatMap((namespace) => AUDIENCES.map((audience) => ({ name, namespace, audience }))),
)

/** A fake of Vault that keeps policies and roles, answers after an arbitrary while, and fails as it is told. */
function fakeVault(start: State, fate: () => { delay: number; fails: boolean }, watch: (state: State) => void) {
  const state = new Map(start)
  const fields = (at: VaultPath) => (at.text.includes('/role/') ? authRole.fields : policy.fields)
  const vault = {
    read: () => Promise.resolve(undefined),
    async write(at: VaultPath, body: Record<string, unknown>) {
      const { delay, fails } = fate()
      for (let turn = 0; turn < delay; turn += 1) await Promise.resolve()
      if (fails) throw new IceError(VAULT.serverError, { message: 'as told' })
      const values = Object.entries(fields(at)).map(([name, { api }]) => [name, body[api]] as const)
      state.set(`vault:${at.text}`, Object.fromEntries(values) as Values)
      watch(new Map(state))
      return { data: {}, warnings: [] }
    },
  }
  return { vault: vault as unknown as Vault, state }
}

async function run(before: State, next: File, fates: readonly { delay: number; fails: boolean }[]): Promise<State[]> {
  const moments: State[] = [before]
  let turn = 0
  const fake = fakeVault(
    before,
    () => fates[turn++ % fates.length] ?? { delay: 0, fails: false },
    (state) => moments.push(state),
  )
  const graph = graphOf(next)
  const observations = before
  const inventory = {
    schemaVersion: 2,
    file: 'test',
    objects: Object.fromEntries([...before.keys()].map((address) => [address, { kind: '', mark: {} }])),
  } as const
  const io = { vault: fake.vault, emit: () => undefined, signal: new AbortController().signal } as unknown as Io
  const plan = makePlan({ file: 'test', graph, observations, inventory })
  await applyPlan({ graph, plan, observations, inventory, io, stop: new AbortController().signal })
  return moments
}

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
  [...some].every((one) => all.has(one))

type Bound = (now: ReadonlySet<string>, old: ReadonlySet<string>, final: ReadonlySet<string>) => boolean

/** Each single thing is allowed by one of the two files. */
const byEither: Bound = (now, old, final) => isWithin(now, new Set([...old, ...final]))
/** All of it is allowed by the old file, or all of it by the new one. */
const byOne: Bound = (now, old, final) => isWithin(now, old) || isWithin(now, final)

function tooMuch(bound: Bound, moments: readonly State[], old: State, final: State): unknown[] {
  return moments.flatMap((moment, index) =>
    ACCOUNTS.filter((account) => !bound(allowed(moment, account), meant(old, account), meant(final, account))).map(
      (account) => ({ write: index, account, now: [...allowed(moment, account)] }),
    ),
  )
}

const fate = (fails: fc.Arbitrary<boolean>) =>
  fc.array(fc.record({ delay: fc.nat(5), fails }), { minLength: 1, maxLength: 12 })

const RUNS = process.env['ICEBREAKER_TEST_FULL'] === '1' ? 3000 : 150

const CASES = [
  { paths: 'apart', grants: EXACT, bound: byOne },
  { paths: 'overlapping', grants: OVERLAPPING, bound: byEither },
]

test.each(CASES)('nobody may ever do more than the files allow: paths $paths', async ({ grants, bound }) => {
  const file = fileOf(grants)
  await fc.assert(
    fc.asyncProperty(file, file, fate(fc.constant(false)), async (one, two, fates) => {
      const old = applied(new Map(), one)
      const final = applied(old, two)
      const moments = await run(old, two, fates)
      expect(tooMuch(bound, moments, old, final)).toEqual([])
      // And the run got there.
      const last = moments.at(-1) ?? old
      expect(ACCOUNTS.map((account) => allowed(last, account))).toEqual(
        ACCOUNTS.map((account) => allowed(final, account)),
      )
    }),
    { numRuns: RUNS },
  )
})

test.each(CASES)('nor where writes fail: paths $paths', async ({ grants }) => {
  const file = fileOf(grants)
  await fc.assert(
    fc.asyncProperty(file, file, fate(fc.boolean()), async (one, two, fates) => {
      const old = applied(new Map(), one)
      expect(tooMuch(byEither, await run(old, two, fates), old, applied(old, two))).toEqual([])
    }),
    { numRuns: RUNS },
  )
})
