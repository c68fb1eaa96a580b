import { expect, test } from '@jest/globals'
import type { ApiCall, Io } from '../../src/kinds/contract.js'
import { accessText, checkPermissions } from '../../src/reconcile/permissions.js'

const vaultCall = (path: string, ...capabilities: Extract<ApiCall, { api: 'vault' }>['capabilities']): ApiCall => ({
  api: 'vault',
  path,
  capabilities,
})

const kubernetesCall = (verb: string, name: string): ApiCall => ({
  api: 'kubernetes',
  cluster: 'demo',
  access: { verb, group: '', resource: 'secrets', namespace: 'app', name },
})

/** A fake of both servers that allows what it is told. */
function io(capabilities: Record<string, string[]>, allowed: readonly string[] = []) {
  const asked: string[][] = []
  const fake = {
    vault: {
      write: (_path: unknown, { paths }: { paths: string[] }) => {
        asked.push(paths)
        return Promise.resolve({ data: Object.fromEntries(paths.map((at) => [at, capabilities[at] ?? ['deny']])) })
      },
    },
    cluster: () => ({
      can: (queries: { name: string }[]) => Promise.resolve(queries.map(({ name }) => allowed.includes(name))),
    }),
  }
  return { io: fake as unknown as Io, asked }
}

test('what lacks is told whole: as a policy to add, and as rights', async () => {
  const { io: fake } = io({ a: ['read', 'update'], b: ['root'], c: ['create'] }, ['mine'])
  const calls = [
    vaultCall('a', 'read', 'update'),
    vaultCall('b', 'create', 'sudo'),
    vaultCall('c', 'create'),
    vaultCall('c', 'update'),
    vaultCall('d"', 'read'),
    kubernetesCall('get', 'mine'),
    kubernetesCall('patch', 'theirs'),
  ]
  await expect(checkPermissions(calls, fake)).rejects.toMatchObject({
    code: 'ICE4003',
    exitCode: 5,
    next: [
      'path "c" { capabilities = ["create","update"] }',
      'path "d\\"" { capabilities = ["read"] }',
      'On cluster demo, allow: patch secrets theirs in namespace app',
    ],
  })
})

test('what only verifying needs is told apart, unless writing needs it too', async () => {
  const { io: fake } = io({ a: ['read'], b: ['read'] })
  const [both, alone] = [kubernetesCall('create', 'both'), kubernetesCall('create', 'alone')]
  const verifying = [vaultCall('a', 'read', 'update'), vaultCall('b', 'update'), both, alone]
  await expect(checkPermissions([vaultCall('a', 'read'), both], fake, verifying)).rejects.toMatchObject({
    next: [
      'path "a" { capabilities = ["read","update"] }',
      'On cluster demo, allow: create secrets both in namespace app',
      'Only to verify, which --no-verify leaves out:',
      'path "b" { capabilities = ["update"] }',
      'On cluster demo, allow: create secrets alone in namespace app',
    ],
  })
})

test('each right is asked for and told once, however many need it', async () => {
  const { io: fake } = io({})
  const calls = [kubernetesCall('get', 'theirs'), kubernetesCall('patch', 'theirs'), kubernetesCall('get', 'theirs')]
  await expect(checkPermissions(calls, fake)).rejects.toMatchObject({
    next: ['get', 'patch'].map((verb) => `On cluster demo, allow: ${verb} secrets theirs in namespace app`),
  })
})

test('each path is asked for once, however many need it, and where all is allowed nothing is said', async () => {
  const many = Array.from({ length: 250 }, (_, index) => `p${index}`)
  const { io: fake, asked } = io(Object.fromEntries(many.map((at) => [at, ['read']])))
  await checkPermissions(
    [...many, ...many].map((at) => vaultCall(at, 'read')),
    fake,
  )
  expect(asked.flat().sort()).toEqual([...many].sort())
  expect(asked.every((paths) => paths.length <= 100)).toBe(true)
})

test('rights are told as one would say them', () => {
  expect(
    accessText({
      verb: 'create',
      group: '',
      resource: 'serviceaccounts',
      subresource: 'token',
      namespace: 'a',
      name: 'b',
    }),
  ).toBe('create serviceaccounts/token b in namespace a')
  expect(accessText({ verb: 'get', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' })).toBe(
    'get clusterroles.rbac.authorization.k8s.io',
  )
})
