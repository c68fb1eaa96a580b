import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/objects.js'
import { printCommands, type PrintCommandsOptions } from '../../src/operations/print-commands.js'
import type { PlanResult, PrintCommandsResult } from '../../src/operations/results.js'
import { installServer } from '../../src/sandbox/index.js'
import { path } from '../../src/vault/index.js'
import { scriptText } from '../../src/views/human/print-commands.js'
import { emptyHome } from '../cli/process.js'
import { servers } from '../servers/index.js'
import { bare, everything, makeUser, pluginVersions } from './everything.js'
import { openScenario, pending, type Scenario } from './scenario.js'

let programs: string
let s: Scenario
let removeUser: () => Promise<void>

beforeAll(async () => {
  const emit = () => undefined
  // OpenBao's script runs where no `vault` is, so that `bao` must take its place.
  const names = ['kubectl', servers().product === 'vault' ? 'vault' : 'bao'] as const
  const files = await Promise.all(names.map((name) => installServer(name, { emit })))
  programs = [...files.map((file) => dirname(file)), '/usr/bin', '/bin'].join(delimiter)
})

beforeEach(async () => {
  s = await openScenario()
  removeUser = await makeUser(s.id)
})

afterEach(async () => {
  await s.vault.delete(path`sys/policies/password/${s.id}`)
  await s.close()
  await removeUser()
})

function print(more: Partial<PrintCommandsOptions> = {}): Promise<PrintCommandsResult> {
  const { vaultAddress, token } = servers()
  Object.assign(process.env, { VAULT_ADDR: vaultAddress, VAULT_TOKEN: token })
  const common = { file: s.file, emit: () => undefined, stop: new AbortController().signal }
  return printCommands({ ...common, only: [], ...more })
}

/** Runs a script as an operator would, with nothing but what an operator has. */
async function run(script: string, env: Record<string, string> = {}) {
  const file = join(s.folder, 'by-hand.sh')
  writeFileSync(file, script)
  const { token, postgres } = servers()
  return execa('sh', [file], {
    env: { PATH: programs, HOME: emptyHome(), VAULT_TOKEN: token, PGPASSWORD: postgres.vault.password, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
  })
}

/** What still differs, but whose it is. No record says which token the reviewer's is. */
const differences = ({ plan }: PlanResult): Record<string, string[]> =>
  Object.fromEntries(
    plan.objects.flatMap(({ address, changes }) => {
      const fields = changes
        .map(({ field }) => field)
        .filter((field) => !['ownership', 'tokenReviewerJWT'].includes(field))
      return fields.length === 0 ? [] : [[address, fields]]
    }),
  )

/** Every field, with a password policy that is there: the static role's first password is made by it. */
async function full(): Promise<FileInput> {
  const file = everything(s, s.id, await pluginVersions(s))
  const rule = 'length = 20\nrule "charset" { charset = "abcdefghijklmnopqrstuvwxyz" }'
  await s.vault.write(path`sys/policies/password/${s.id}`, { policy: rule })
  const database = file.engines![`${s.id}-db`] as { connections: Record<string, { passwordPolicy?: string }> }
  database.connections['main']!.passwordPolicy = s.id
  return file
}

async function expectDone(script: string, env: Record<string, string> = {}): Promise<void> {
  const { exitCode, all } = await run(script, env)
  expect([exitCode, all]).toEqual([0, all])
}

test.each([
  ['no field that may be left out', async () => bare(s, s.id)],
  ['every field', full],
])('what the commands make is what apply would make: %s', async (_, file) => {
  s.write(await file())
  await expectDone(scriptText(await print()))
  expect(differences(await s.plan({ adopt: 'all' }))).toEqual({})
})

test('what the commands change is what apply would change, in its order', async () => {
  s.write(await full())
  await s.apply()
  const file = await full()
  const { [`${s.id}-kv`]: _gone, ...policies } = file.policies!
  const role = { ...file.roles!['app']!, policies: [`${s.id}-db`], namespaces: [`${s.id}-app`, 'more'], tokenTTL: '7m' }
  s.write({
    ...bare(s, s.id),
    policies: { ...policies, [`${s.id}-kv`]: { grants: [`list kv ${s.id}-v2/app`] } },
    roles: { app: role },
  })
  const printed = await print()

  const stages = printed.steps.flatMap(({ address, stage }) => (stage === undefined ? [] : [[address, stage]]))
  expect(stages).toEqual([
    [`vault:auth/${s.id}/role/app`, 'narrow'],
    [`vault:sys/policies/acl/${s.id}-kv`, 'narrow'],
    [`vault:auth/${s.id}/role/app`, 'switch'],
    [`vault:sys/policies/acl/${s.id}-kv`, 'widen'],
    [`vault:auth/${s.id}/role/app`, 'widen'],
  ])
  await expectDone(scriptText(printed))
  expect(pending(await s.plan())).toEqual({})
  expect(scriptText(await print())).toContain('# Nothing is to be done')
})

test('a value comes to Vault as it is, from wherever, and stands in no argument of a program', async () => {
  const { id, base } = s
  const awkward = ` 'one' "two" \\n %s $HOME \`id\` ü\t{{x}}\n\n`
  await s.cluster.apply(refs.namespace(`${id}-auth`), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `${id}-auth` },
  })
  const secret = refs.secret(`${id}-auth`, 'theirs')
  await s.cluster.create(secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'theirs', namespace: `${id}-auth` },
    data: { 'key.with-signs': Buffer.from(awkward).toString('base64') },
  })
  writeFileSync(join(s.folder, 'a secret'), `${awkward}\r\n`)
  const data = {
    env: { env: 'GIVEN' },
    file: { file: './a secret' },
    kubernetes: { kubernetes: { secret: `${id}-auth/theirs`, key: 'key.with-signs' } },
    literal: { literal: awkward },
    one: { generate: { length: 40 } },
    two: { generate: { length: 40 } },
    variable: { literal: '@file' },
  }
  s.write({ ...base(), engines: { [`${id}-v2`]: { type: 'kv', secrets: { 'a b/c': data } } } })

  // Programs that write down what they are called with.
  const shims = join(s.folder, 'shims')
  mkdirSync(shims)
  const log = join(s.folder, 'arguments')
  for (const program of ['kubectl', 'bao', 'vault', 'awk', 'sleep', 'cat', 'head', 'tr']) {
    const found = programs
      .split(delimiter)
      .map((folder) => join(folder, program))
      .find((file) => existsSync(file))
    if (found === undefined) continue
    writeFileSync(join(shims, program), `#!/bin/sh\nprintf '%s\\n' "$@" >>'${log}'\nexec '${found}' "$@"\n`, {
      mode: 0o755,
    })
  }
  await expectDone(scriptText(await print()), {
    PATH: `${shims}${delimiter}${programs}`,
    GIVEN: awkward,
  })

  const read = await s.vault.read<{ data: Record<string, string> }>(path`${`${id}-v2`}/data/a b/c`)
  const { one, two, ...others } = read!.data.data
  expect(others).toEqual({
    env: awkward,
    file: awkward,
    kubernetes: awkward,
    literal: awkward,
    variable: '@file',
  })
  expect([one, two]).toEqual([expect.stringMatching(/^[A-Za-z0-9]{40}$/), expect.stringMatching(/^[A-Za-z0-9]{40}$/)])
  expect(one).not.toBe(two)
  const said = readFileSync(log, 'utf8')
  expect(said).toContain('auth/')
  for (const value of [`'one'`, one!, two!, servers().token, 'eyJ']) expect(said).not.toContain(value)
})

test.each([1, 2] as const)('a secret that is there by now is left as it is: version %d', async (version) => {
  const mount = `${s.id}-kv`
  s.write({ ...s.base(), engines: { [mount]: { type: 'kv', version } } })
  await s.apply()
  s.write({
    ...s.base(),
    engines: { [mount]: { type: 'kv', version, secrets: { app: { key: { literal: 'ours' } } } } },
  })
  const script = scriptText(await print())
  const at = version === 1 ? path`${mount}/app` : path`${mount}/data/app`
  await s.vault.write(at, version === 1 ? { key: 'theirs' } : { data: { key: 'theirs' } })

  const { exitCode, all } = await run(script)
  expect(exitCode).not.toBe(0)
  expect(all).toMatch(version === 1 ? /is there already/ : /check-and-set/)
  expect(JSON.stringify((await s.vault.read(at))?.data)).toContain('theirs')
})

test('a bound token of the reviewer: a marker, a token for it, and the old ones ended', async () => {
  const reviewer = { namespace: `${s.id}-auth`, serviceAccount: 'reviewer', token: 'bound', expiration: '1h' } as const
  s.write(s.base({ reviewer }))
  await s.apply()
  const markers = async () =>
    (await s.cluster.list(refs.secret(`${s.id}-auth`, ''))).map(({ metadata }) => metadata.name)
  const [before] = await markers()
  // Another address of the same server.
  const { clusters, ...file } = s.base({ reviewer })
  s.write({ ...file, clusters: { demo: { ...clusters['demo']!, auth: { ...clusters['demo']!.auth, issuer: 'x' } } } })
  await expectDone(scriptText(await print()))

  const after = await markers()
  expect(after).toEqual([expect.stringMatching(/^reviewer-bound-/)])
  expect(after).not.toContain(before)
  expect(differences(await s.plan())).toEqual({})
})

test('printing writes nothing, and only what is asked for is printed', async () => {
  s.write({ ...s.base(), policies: { [`${s.id}-one`]: { file: 'one.hcl' }, [`${s.id}-two`]: { file: 'one.hcl' } } })
  writeFileSync(join(s.folder, 'one.hcl'), 'path "EOF" { capabilities = ["read"] }\nEOF\n# it is "odd"\n')
  const all = await print()
  const only = await print({ only: [`vault:sys/policies/acl/${s.id}-two`], program: 'bao' })
  expect(all.steps.length).toBe(8)
  expect(only.steps.map(({ address }) => address)).toEqual([
    `k8s:demo:Namespace/${s.id}-auth`,
    `vault:sys/policies/acl/${s.id}-two`,
  ])
  expect(scriptText(only)).toContain(`bao policy write ${s.id}-two - <<'EOF_2'`)
  expect(await s.cluster.get(refs.namespace(`${s.id}-auth`))).toBeUndefined()
  expect(await s.vault.read(path`sys/policies/acl/${`${s.id}-two`}`)).toBeUndefined()
})

test('where apply would refuse, nothing is printed', async () => {
  await s.vault.write(path`sys/policies/acl/${`${s.id}-one`}`, { policy: 'path "x" {}' })
  s.write({
    ...s.base(),
    policies: { [`${s.id}-one`]: { grants: [`read kv ${s.id}/x`] } },
    engines: { [s.id]: { type: 'kv' } },
  })
  const error = await print().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ exitCode: 8 })
})

test('where no context is named, the script goes to no other cluster than the one that was read', async () => {
  const { clusters, ...file } = s.base()
  const { context: _context, ...demo } = clusters['demo']!
  s.write({ ...file, clusters: { demo } })
  const printed = await print()
  const [check] = printed.checks
  expect(check).toMatchObject({ cluster: 'demo', prints: s.cluster.server })
  const elsewhere = { ...printed, checks: [{ ...check!, prints: 'https://elsewhere:6443' }] }
  const { exitCode, all } = await run(scriptText(elsewhere))
  expect([exitCode, all]).toEqual([1, 'The current context does not lead to https://elsewhere:6443.'])
  await expectDone(scriptText(printed))
})
