import type { GraphResult } from '../../../src/operations/graph.js'

/** Names that would be structure, if anybody let them. */
export const ODD = [
  '"><script>alert(1)</script>',
  '</script><!--',
  'it\'s & "quoted"',
  'back\\slash\\n',
  'a\nb\tc',
  '{{identity.entity.name}}',
  '%%{init: {"theme": "dark"}}%%',
  '`**bold**`',
  'style x:#000;fill:#fff;',
  '#quot; &quot; #35;',
  'end',
  '] --> n0; n1[',
  '| x |',
  '$$e^x$$',
  'naïve 日本 🔑',
  '',
  '* a list',
  '1. one',
  'www.example.com',
  '__bold__',
]

/** A drawing in which each odd name is a path, a policy, a role and an account. */
export function oddDrawing(format: GraphResult['format']): GraphResult {
  const columns = ['account', 'role', 'policy', 'path'] as const
  const nodes = ODD.flatMap((name, index) =>
    columns.map((column) => ({ id: `n${index}${column}`, column, name, of: name, notes: [name], codes: [] })),
  )
  const edges = ODD.flatMap((name, index) => [
    { from: `n${index}account`, to: `n${index}role` },
    { from: `n${index}role`, to: `n${index}policy` },
    { from: `n${index}policy`, to: `n${index}path`, label: name },
  ])
  return {
    operation: 'graph',
    file: 'demo',
    source: 'file',
    servers: { clusters: {} },
    format,
    nodes,
    edges,
    findings: ODD.map((name) => ({ code: 'ICE7101', address: `vault:auth/${name}`, detail: name })),
    gaps: [{ code: 'ICE7105', what: 'the cluster', why: ODD.join(' ') }],
  }
}

/** Two chains, app → static → kv and worker → key → transit, of which both roles have the policy `shared`. */
export function smallDrawing(format: GraphResult['format']): GraphResult {
  const node = (id: string, column: GraphResult['nodes'][number]['column'], name: string, more = {}) => ({
    id,
    column,
    name,
    notes: [],
    codes: [],
    ...more,
  })
  return {
    operation: 'graph',
    file: 'demo',
    source: 'vault',
    servers: { vault: 'https://127.0.0.1:8200', clusters: { demo: 'https://127.0.0.1:6443' } },
    format,
    nodes: [
      node('n0', 'role', 'static', { of: 'auth/demo' }),
      node('n1', 'account', 'team/app', { of: 'demo' }),
      node('n2', 'policy', 'read-kv'),
      node('n3', 'path', 'kv/data/app'),
      node('n4', 'role', 'key', { of: 'auth/demo', codes: ['ICE7101'], notes: ['only from 10.0.0.0/8'] }),
      node('n5', 'account', '* in team', { of: 'demo', notes: ['41 accounts'] }),
      node('n6', 'policy', 'use-key'),
      node('n7', 'path', 'transit/encrypt/key'),
      node('n8', 'policy', 'shared'),
      node('n9', 'path', 'sys/tools/*'),
    ],
    edges: [
      { from: 'n1', to: 'n0' },
      { from: 'n0', to: 'n2' },
      { from: 'n2', to: 'n3', label: 'read' },
      { from: 'n5', to: 'n4' },
      { from: 'n4', to: 'n6' },
      { from: 'n6', to: 'n7', label: 'update' },
      { from: 'n0', to: 'n8' },
      { from: 'n4', to: 'n8' },
      { from: 'n8', to: 'n9', label: 'update' },
    ],
    findings: [
      {
        code: 'ICE7101',
        address: 'vault:auth/demo/role/key',
        detail: '* in team: 41 now, and any that are made later',
      },
    ],
    gaps: [],
  }
}
