import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/index.js'
import type { Kind, Resource } from '../../../src/kinds/contract.js'
import { KINDS } from '../../../src/kinds/index.js'
import { terraformOf } from '../../../src/operations/export/terraform.js'
import { bankVaultsOf } from '../../../src/operations/export/bank-vaults.js'
import type { Exported } from '../../../src/operations/export/types.js'
import { root } from '../../docs/pages.js'
import { expectGolden } from '../../views/golden.js'
import { documented, type Documented } from './arguments.js'
import { CA, FULL, graphOf, SERVERS } from './full.js'
import { deep, openParser, type Block, type Parsed, type Parser } from './parser.js'

let parser: Parser
let full: Exported
let parsed: Parsed
beforeAll(() => {
  parser = openParser()
  full = terraformOf(graphOf(), 'full', SERVERS)
  parsed = parser.parse(full.files)
}, 120_000)
afterAll(() => parser.close())

const textOf = ({ files }: Exported): string => files.map(({ name, text }) => `=== ${name} ===\n${text}`).join('')
const named = ({ type, labels }: Block): string =>
  type === 'resource' ? labels.join('.') : type === 'ephemeral' ? ['ephemeral', ...labels].join('.') : ''
const block = (name: string): Block => {
  const found = parsed.blocks.find((each) => named(each) === name)
  if (found === undefined) throw new Error(`no ${name} among ${parsed.blocks.map(named).join(' ')}`)
  return found
}
const inside = (outer: Block, type: string): Block | undefined => outer.blocks.find((each) => each.type === type)

describe('text that Terraform reads', () => {
  test('has no mistake, and stands as terraform fmt would have it', () => {
    expect([parsed.problems, parsed.unformatted]).toEqual([[], []])
  })

  test('no block is there twice', () => {
    const names = parsed.blocks.map(({ type, labels, attributes }) =>
      [type, ...labels, type === 'import' ? JSON.stringify(attributes['to']) : String(attributes['alias'])].join(' '),
    )
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    // Mangled to the same name.
    expect(
      [block('vault_mount.team_one'), block('vault_mount.team_one_2')].map(({ attributes }) => attributes['path']),
    ).toEqual(['team/one', 'team-one'])
  })

  test('every name is legal', () => {
    const labels = parsed.blocks.filter(({ type }) => type !== 'provider').flatMap(({ labels: all }) => all)
    expect(labels.filter((label) => !/^[a-z_][a-z0-9_]*$/.test(label))).toEqual([])
  })

  test('whatever is spoken of is there', () => {
    const variables = parsed.blocks
      .filter(({ type }) => type === 'variable')
      .map(({ labels }) => `var.${labels[0] ?? ''}`)
    const aliases = parsed.blocks
      .filter(({ type, labels }) => type === 'provider' && labels[0] === 'kubernetes')
      .map(({ attributes }) => `kubernetes.${String(attributes['alias'])}`)
    const known = new Set([...parsed.blocks.map(named), ...variables, ...aliases])
    const isKnown = (reference: string): boolean => {
      const parts = reference.split('.')
      return known.has(parts.slice(0, 2).join('.')) || known.has(parts.slice(0, 3).join('.'))
    }
    const ignored = parsed.blocks.flatMap((outer) => deep(outer.blocks)).filter(({ type }) => type === 'lifecycle')
    const spoken = deep(parsed.blocks)
      .filter((each) => !ignored.includes(each))
      .flatMap(({ references }) => references)
      // The words of types: `type = string`.
      .filter((reference) => !['string', 'number', 'bool'].includes(reference))
    expect(spoken.length).toBeGreaterThan(60)
    expect(spoken.filter((reference) => !isKnown(reference))).toEqual([])
    // None is asked for in vain.
    expect(variables.filter((variable) => !spoken.includes(variable))).toEqual([])
  })

  test('what is to be ignored is an argument of that block', () => {
    const { blocks } = block('vault_database_secret_backend_connection.db_main')
    expect(inside({ ...block('vault_policy.kv'), blocks }, 'lifecycle')?.references).toEqual([
      'postgresql.0.password_wo_version',
    ])
    expect(blocks.find(({ type }) => type === 'postgresql')?.attributes).toHaveProperty('password_wo_version')
  })
})

test('every argument and block is one that the provider documents', () => {
  const unknown = (found: Block, takes: Documented, at: string): string[] => [
    ...Object.keys(found.attributes).flatMap((name) => (takes[name] === true ? [] : [`${at}.${name}`])),
    ...found.blocks.flatMap((inner) => {
      const own = takes[inner.type]
      return typeof own === 'object' ? unknown(inner, own, `${at}.${inner.type}`) : [`${at}.${inner.type}`]
    }),
  ]
  const objects = parsed.blocks.filter(({ type }) => ['resource', 'ephemeral'].includes(type))
  expect(objects.flatMap((each) => unknown(each, documented(each.labels[0] ?? '') ?? {}, named(each)))).toEqual([])
})

/** As the documentation of each resource has it, under "Import". */
const IMPORTS: Readonly<Record<string, RegExp>> = {
  kubernetes_namespace_v1: /^[a-z-]+$/,
  kubernetes_service_account_v1: /^[a-z-]+\/[a-z-]+$/,
  kubernetes_secret_v1: /^vault-auth\/reviewer-token-2$/,
  kubernetes_cluster_role_binding_v1: /^icebreaker:[a-z:-]+$/,
  vault_auth_backend: /^(?:demo|team\/bound|client|pod)$/,
  vault_jwt_auth_backend: /^keys$/,
  vault_kubernetes_auth_backend_config: /^auth\/(?:demo|team\/bound|client|pod)\/config$/,
  vault_kubernetes_auth_backend_role: /^auth\/(?:demo|team\/bound|client|pod)\/role\/(?:app|selected)$/,
  vault_jwt_auth_backend_role: /^auth\/keys\/role\/app$/,
  vault_policy: /^(?:kv|by-hand)$/,
  vault_mount: /^(?:static|team\/one|team-one|db|transit)$/,
  vault_kv_secret_backend_v2: /^static\/config$/,
  vault_database_secret_backend_connection: /^db\/config\/main$/,
  vault_database_secret_backend_role: /^db\/roles\/(?:app|other)$/,
  vault_database_secret_backend_static_role: /^db\/static-roles\/(?:fixed|daily)$/,
  vault_transit_secret_backend_key: /^transit\/keys\/app$/,
}

test('all but KV secrets is taken over, by the ids that the providers document', () => {
  const imports = parsed.blocks.filter(({ type }) => type === 'import')
  const found = imports.map(({ references, attributes }) => [references[0] ?? '', String(attributes['id'])] as const)
  expect(found.filter(([to, id]) => !IMPORTS[to.split('.')[0] ?? '']?.test(id))).toEqual([])
  expect(new Set(found.map(([to]) => to.split('.')[0]))).toEqual(new Set(Object.keys(IMPORTS)))
  const resources = parsed.blocks.filter(({ type }) => type === 'resource').map(named)
  expect(resources.filter((name) => !found.some(([to]) => to === name))).toEqual([
    'vault_kv_secret_v2.static_app_creds',
    'vault_kv_secret.team_one_app',
  ])
})

describe('secrets', () => {
  test('no value stands there; each is a sensitive variable', () => {
    expect(textOf(full)).not.toContain('hidden-value')
    const variables = parsed.blocks.filter(({ type }) => type === 'variable')
    const secret = variables.filter(({ attributes }) => 'sensitive' in attributes)
    expect(secret.map(({ labels }) => labels[0])).toEqual(full.inputs.map(({ name }) => name))
    expect(full.inputs).toContainEqual({
      name: 'db_main_password',
      purpose: 'db main password',
      from: 'env PGPASSWORD',
    })
    expect(full.inputs).toContainEqual({ name: 'db_main_private_key', purpose: 'db main private_key' })
  })

  test('Terraform keeps none that the provider does not make it keep', () => {
    const kept = parsed.blocks.filter(({ attributes }) => 'sensitive' in attributes && !('ephemeral' in attributes))
    // KV version 1 and the plug-in's own options have no write-only form; SHARED is in version 1, too.
    expect(kept.map(({ labels }) => labels[0])).toEqual([
      'static_app_creds_same',
      'team_one_app_key',
      'db_main_private_key',
    ])
  })

  test('KV secrets are made only where the operator says so', () => {
    const kv = block('vault_kv_secret_v2.static_app_creds')
    expect(kv.attributes).toMatchObject({ count: { takes: ['var.seed_kv_secrets'] }, options: { cas: '0' } })
    expect(kv.attributes).not.toHaveProperty('data_json')
    const seed = parsed.blocks.find(({ labels }) => labels[0] === 'seed_kv_secrets')
    expect(seed?.attributes['default']).toBe(false)
  })
})

describe('as whom Vault asks', () => {
  const config = (name: string): Block => block(`vault_kubernetes_auth_backend_config.${name}`)

  test('a token in a Secret: the one that a rotation has made', () => {
    expect(config('demo').attributes['token_reviewer_jwt_wo']).toEqual({
      takes: ['kubernetes_secret_v1.demo_vault_auth_reviewer_token_2.data.token'],
    })
    expect(config('demo').attributes['token_reviewer_jwt_wo_version']).toEqual({
      takes: ['var.demo_reviewer_token_version'],
    })
    expect(textOf(full)).toMatch(/# Vault replaces this config as a whole[^]*erases the reviewer/)
  })

  test('a token that expires: asked for, and kept nowhere', () => {
    const request = 'ephemeral.kubernetes_token_request_v1.bound_vault_auth_reviewer'
    expect(config('team_bound').attributes['token_reviewer_jwt_wo']).toEqual({ takes: [`${request}.token`] })
    expect(inside(block(request), 'spec')?.attributes).toEqual({ expiration_seconds: 86_400 })
    expect(full.leftOut).toContainEqual({
      address: 'vault:auth/team/bound/config',
      field: 'tokenReviewerJWT',
      why: expect.stringContaining('before it expires') as unknown,
    })
  })

  test('the client, and the pod of Vault: none', () => {
    for (const name of ['client', 'pod']) expect(config(name).attributes).not.toHaveProperty('token_reviewer_jwt_wo')
    expect(config('pod').attributes['disable_local_ca_jwt']).toBe(false)
    expect(config('client').attributes['disable_local_ca_jwt']).toBe(true)
    expect(config('demo').attributes['kubernetes_ca_cert']).toBe(CA)
  })

  test('nobody: mount and config are one', () => {
    const mount = block('vault_jwt_auth_backend.keys')
    expect(mount.attributes).toMatchObject({
      path: 'keys',
      oidc_discovery_url: 'https://keys:6443',
      bound_issuer: 'https://issuer.keys',
      default_role: 'app',
    })
    expect(mount.references).toContain('kubernetes_cluster_role_binding_v1.keys_icebreaker_full_keys_discovery')
    expect(block('vault_jwt_auth_backend_role.keys_app').attributes['bound_claims']).toEqual({
      '/kubernetes.io/serviceaccount/name': 'app',
      '/kubernetes.io/namespace': 'app',
      sub: 'a,b',
    })
  })

  test('a role that would let more in is left out', () => {
    for (const claim of [true, 7, 'a,b', ['a', 'b,c'], ' a']) {
      const roles = { app: { ...FULL.roles!['app']!, clusters: ['keys'], jwt: { boundClaims: { claim } } } }
      const { leftOut, files } = terraformOf(graphOf({ ...FULL, roles }), 'full', SERVERS)
      expect(files.map(({ text }) => text).join('')).not.toContain('vault_jwt_auth_backend_role')
      expect(leftOut).toContainEqual({
        address: 'vault:auth/keys/role/app',
        field: 'boundClaims.claim',
        why: expect.stringContaining('let more in') as unknown,
      })
    }
  })
})

test('what cannot be said is told, and stands where it would be', () => {
  expectGolden(
    '../operations/export/terraform-left-out',
    `${full.leftOut.map((left) => JSON.stringify(left)).join('\n')}\n`,
  )
  for (const { field, why } of full.leftOut) {
    expect(textOf(full)).toContain(`# Cannot be said in Terraform: ${field}: ${why}.\n`)
  }
})

test('whose it was is not said, whose it is stays', () => {
  expect(textOf(full)).not.toContain('managed-by')
  expect(inside(block('kubernetes_namespace_v1.demo_app'), 'metadata')?.attributes).toMatchObject({
    labels: { team: 'a', 'example.com/x': 'y' },
    annotations: { note: 'mine' },
  })
})

test('objects of others are spoken of by name', () => {
  expect(block('vault_kubernetes_auth_backend_role.demo_app').attributes['token_policies']).toEqual({
    takes: ['vault_policy.kv.name', 'vault_policy.by_hand.name'],
  })
  expect(textOf(full)).toContain('[vault_policy.kv.name, vault_policy.by_hand.name, "default", "theirs"]')
})

test('the reference scenario', async () => {
  const { file, texts } = await loadConfig(join(root, 'templates/sandbox/icebreaker.yaml'))
  const facts = { apiServer: 'https://10.0.0.1:6443', ca: CA, caFrom: 'kubeconfig', proof: { by: 'operator' } } as const
  const { buildGraph } = await import('../../../src/reconcile/graph.js')
  const graph = buildGraph(KINDS, file, { clusters: { demo: facts }, texts })
  const servers = {
    vault: {
      address: 'https://127.0.0.1:8200',
      namespace: undefined,
      caFile: '/demo/vault-ca.crt',
      tlsServerName: undefined,
      isForwarded: false,
    },
    clusters: { demo: { kubeconfigs: ['/home/me/.kube/config'], context: 'kind-demo' } },
  }
  const terraform = terraformOf(graph, file.name, servers)
  const { problems, unformatted } = parser.parse(terraform.files)
  expect([problems, unformatted, terraform.leftOut]).toEqual([[], [], []])
  expectGolden('../operations/export/terraform', textOf(terraform))
  expectGolden('../operations/export/bank-vaults', textOf(bankVaultsOf(graph, file.name, servers)))
})

test('names of all sorts', () => {
  const policies = Object.fromEntries(
    ['1', 'ä', 'for', '_', 'a.b', 'a-b'].map((name) => [name, { file: 'by-hand.hcl' }]),
  )
  const { files } = terraformOf(graphOf({ ...FULL, policies: { ...FULL.policies, ...policies } }), 'x', SERVERS)
  const { problems, blocks } = parser.parse(files)
  expect(problems).toEqual([])
  const labels = blocks.filter(({ labels: [type] }) => type === 'vault_policy').map(({ labels }) => labels[1])
  expect(labels).toEqual(['_1', 'kv', 'by_hand', '_', 'for', '__2', 'a_b', 'a_b_2'])
})

/** Another value of the same sort. */
function changed(value: unknown): unknown {
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object') ? [] : [...(value as unknown[]), 'one-more']
  if (typeof value === 'object' && value !== null) return { ...value, 'one-more': 'x' }
  if (typeof value === 'number') return value + 1
  return typeof value === 'boolean' ? !value : `${String(value)}-changed`
}

/** The fields of a resource, each with the desired state in which it alone is another one. */
function variants({ kind, desired }: Resource): [field: string, desired: unknown][] {
  const own = desired as Record<string, unknown>
  return Object.keys(kind.fields).flatMap((field): [string, unknown][] => {
    if ('values' in own && field in (own['values'] as object)) {
      const values = own['values'] as Record<string, unknown>
      return [[field, { ...own, values: { ...values, [field]: changed(values[field]) } }]]
    }
    if (own[field] === undefined) return []
    if (['username', 'password'].includes(field) && typeof own[field] === 'object') {
      return [[field, { ...own, [field]: { env: 'ANOTHER' } }]]
    }
    if (field === 'data') return [[field, { ...own, data: { ...(own['data'] as object), more: { env: 'ANOTHER' } } }]]
    return [[field, { ...own, [field]: changed(own[field]) }]]
  })
}

describe.each(KINDS.map((kind) => [kind.kind, kind] as const))('%s', (_name, kind: Kind) => {
  // Whose an object is, is of no concern to another tool.
  const resources = [...graphOf().values()].filter((resource) => resource.kind === kind)

  test.each(['terraform', 'bankVaults'] as const)('no field is dropped in silence: %s', (format) => {
    const exported = kind.export
    expect(exported).toBeDefined()
    const tried = new Set<string>()
    for (const resource of resources) {
      const before = JSON.stringify(exported?.[format](resource.id, resource.desired))
      for (const [field, desired] of variants(resource)) {
        tried.add(field)
        const after = exported?.[format](resource.id, desired)
        const isLeftOut = after?.parts.length === 0 || after?.unsaid?.some((each) => each.field === field)
        if (before === JSON.stringify(after) && !isLeftOut) throw new Error(`${kind.kind}: ${field} is dropped`)
      }
    }
    const untried = Object.keys(kind.fields).filter((field) => !tried.has(field) && field !== 'tokenReviewerJWT')
    expect(untried).toEqual([])
  })
})
