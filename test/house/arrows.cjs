// The arrows of the house: each room may import from itself, from the leaves, and from the rooms listed here.
const LEAVES = ['catalogue', 'events', 'secrets', 'policy', 'http']
const ROOMS = {
  commands: ['operations', 'views', 'sandbox'],
  operations: [
    'doctor',
    'integrations',
    'verify',
    'reconcile',
    'access',
    'kinds',
    'config',
    'vault',
    'kubernetes',
    'database',
  ],
  integrations: ['verify', 'access', 'kinds', 'config'],
  doctor: ['verify', 'reconcile', 'access', 'kinds', 'config', 'vault', 'kubernetes', 'database'],
  verify: ['kinds', 'config', 'vault', 'kubernetes'],
  access: ['kinds'],
  reconcile: ['kinds', 'config', 'vault', 'kubernetes'],
  kinds: ['vault', 'kubernetes', 'database'],
  config: ['kinds', 'vault'],
  vault: [],
  kubernetes: [],
  database: [],
  sandbox: [],
  http: [],
  catalogue: [],
  events: [],
  secrets: [],
  policy: [],
}
// Views see results and events, so types only; kinds speak of the file, so its type only.
const TYPES_ONLY = {
  views: ['operations', 'integrations', 'reconcile', 'verify', 'kinds', 'sandbox'],
  kinds: ['config'],
  access: ['config'],
}
const PRESENTATION = '^node_modules/(listr2|chalk|@inquirer|@oclif)/'

const room = (name) => `^src/${name}/`
const all = [...Object.keys(ROOMS), 'views']

const roomRules = all.map((name) => ({
  name: `room-${name}`,
  severity: 'error',
  from: { path: room(name) },
  to: {
    path: '^src/',
    pathNot: [name, ...LEAVES, ...(ROOMS[name] ?? []), ...(TYPES_ONLY[name] ?? [])].map(room),
  },
}))

const typeRules = Object.entries(TYPES_ONLY).map(([name, others]) => ({
  name: `types-only-${name}`,
  severity: 'error',
  from: { path: room(name) },
  to: { path: others.map(room), dependencyTypesNot: ['type-only'] },
}))

module.exports = {
  forbidden: [
    ...roomRules,
    ...typeRules,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'presentation-only-in-views-and-commands',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(views|commands)/', '^src/main\\.ts$'] },
      to: { path: PRESENTATION },
    },
    {
      name: 'client-node-in-one-file',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kubernetes/kubeconfig\\.ts$' },
      to: { path: '^node_modules/@kubernetes/client-node/', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
}
