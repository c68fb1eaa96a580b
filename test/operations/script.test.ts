import { expect, test } from '@jest/globals'
import { Variable, type CommandLine } from '../../src/kinds/command-line.js'
import type { Context } from '../../src/config/file.js'
import { KINDS } from '../../src/kinds/index.js'
import { scriptOf, type Draft, type Place } from '../../src/operations/script.js'
import { buildGraph } from '../../src/reconcile/graph.js'
import { shellText } from '../../src/views/shell.js'
import { context, fileWith } from '../kinds/files.js'
import { expectGolden } from '../views/golden.js'

const place: Place = {
  programs: { vault: 'vault', kubectl: (cluster) => ['kubectl', '--context', cluster] },
  cluster: 'demo',
  beside: (path) => `/beside/${path}`,
}

const draft = (commands: readonly CommandLine[], address = 'vault:x'): Draft => ({
  address,
  title: 'x',
  action: 'create',
  commands,
})

const using = (...variables: Variable[]): CommandLine => ({
  words: ['x'],
  input: variables.map((variable) => ({ variable, as: 'json' as const })),
})

const names = (...variables: Variable[]): string[] =>
  scriptOf([draft([using(...variables)])], place).variables.map(({ name }) => name)

const file = fileWith({
  clusters: {
    demo: { auth: { path: 'demo', reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer' } } },
    keys: { auth: { method: 'jwt', path: 'keys', anonymousDiscovery: true } },
  },
  namespaces: { app: { labels: { team: 'a' }, annotations: { note: "it's" } } },
  serviceAccounts: ['app/app'],
  engines: {
    static: {
      type: 'kv',
      description: 'of the team',
      config: { maxVersions: 3 },
      secrets: {
        'app/creds': {
          generated: { generate: {} },
          known: { literal: 'x' },
          there: { kubernetes: { secret: 'app/theirs', key: 'tls.crt' } },
        },
      },
    },
    old: { type: 'kv', version: 1, maxLeaseTTL: '1h', secrets: { app: { key: { prompt: 'The key' } } } },
    db: {
      type: 'database',
      connections: {
        main: {
          plugin: 'postgresql-database-plugin',
          url: 'postgresql://{{username}}:{{password}}@db:5432/app',
          username: { literal: 'vault' },
          password: { file: 'pg' },
          options: { sslmode: 'x' },
        },
      },
      roles: { app: { connection: 'main', creation: [`CREATE ROLE "{{name}}" PASSWORD '{{password}}'`] } },
      staticRoles: { fixed: { connection: 'main', username: 'u', rotationPeriod: '24h' } },
    },
    transit: { type: 'transit', keys: { app: { minDecryptionVersion: 2 } } },
  },
  policies: { app: { grants: ['read kv static/app/creds'] }, odd: { file: 'odd.hcl' } },
  roles: { app: { serviceAccounts: ['app'], namespaces: ['app'], audience: 'vault', policies: ['app'] } },
})

const found = { ...context.clusters['demo']!, ca: '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n' }
const issuer = 'https://issuer.example.com'
const known: Context = {
  clusters: { demo: found, keys: { ...found, apiServer: issuer, issuer: { url: issuer, keys: [] } } },
  texts: { 'odd.hcl': '# \u001b[2J\npath "x" {}' },
}

test('the commands of every kind', () => {
  const graph = buildGraph(KINDS, file, known)
  const drafts = [...graph.values()].map(({ kind, id, desired, address }) =>
    draft(kind.commands(id, desired, undefined, place.programs), address),
  )
  expect(new Set([...graph.values()].map(({ kind }) => kind.kind))).toEqual(new Set(KINDS.map(({ kind }) => kind)))
  expectGolden('../operations/script', `${shellText(scriptOf(drafts, place))}\n`)
})

test('a new state of what is there is written to the same objects; mounts are tuned', () => {
  const graph = buildGraph(KINDS, file, known)
  const first = (address: string): CommandLine[] => {
    const resource = graph.get(address as never)!
    const { kind } = resource
    return [
      ...kind.commands(resource.id, resource.desired, { values: {}, details: {}, username: 'vault' }, place.programs),
    ]
  }
  expect(first('vault:sys/auth/demo').map(({ words }) => words)).toEqual([
    ['vault', 'write', 'sys/mounts/auth/demo/tune', '-'],
  ])
  expect(first('vault:db/config/main')[0]?.input?.some((part) => typeof part !== 'string')).toBe(false)
})

test('a source is asked once for all that it serves, a generated value is made for each', () => {
  const env = (purpose: string) => new Variable([purpose], { env: 'X' })
  const generated = (purpose: string) => new Variable([purpose], { generate: { length: 8 } })
  expect(names(env('one'), env('two'), generated('one'), generated('two'))).toEqual(['ONE', 'ONE_2', 'TWO'])
})

test('a name is no other variable’s, neither of the script nor of a program', () => {
  const file = (...purpose: string[]) => new Variable(purpose, { file: purpose.join('/') })
  expect(names(file('a-b'), file('a_b'), file('A', 'b'))).toEqual(['A_B', 'A_B_2', 'A_B_3'])
  expect(names(file('vault', 'token'), file('path'), file('1'), file('ü'))).toEqual([
    'VALUE_VAULT_TOKEN',
    'VALUE_PATH',
    'VALUE_1',
    'VALUE_',
  ])
  // What one reads from the environment no other may have overwritten before.
  const same = new Variable(['db', 'password'], { env: 'DB_PASSWORD' })
  expect(names(file('db', 'password'), same)).toEqual(['DB_PASSWORD_2', 'DB_PASSWORD'])
})

test('what a command gives is declared by nobody else', () => {
  const made = new Variable(['made'])
  const { variables, steps } = scriptOf([draft([{ words: ['make'], into: made }, using(made)])], place)
  expect(variables).toEqual([])
  expect(steps[0]?.commands).toEqual([
    { words: ['make'], into: 'MADE' },
    { words: ['x'], input: [{ variable: 'MADE', as: 'json' }] },
  ])
})
