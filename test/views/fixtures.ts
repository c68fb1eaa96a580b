import { EXIT, IceError, IceErrors, VERIFY, type CodeRecord } from '../../src/catalogue/index.js'
import type { Change } from '../../src/kinds/contract.js'
import type { ApplyResult, PlanResult, VerifyRunResult } from '../../src/operations/results.js'
import type { ObjectOutcome } from '../../src/reconcile/apply.js'
import type { PlannedObject } from '../../src/reconcile/plan.js'
import type { SandboxState } from '../../src/sandbox/index.js'
import type { ProbeResult } from '../../src/verify/run.js'

/** Records of the tests' own, so that a better text in the catalogue changes nothing here. */
const record = (code: CodeRecord['code'], exit: CodeRecord['exit'], remedy: string): CodeRecord => ({
  code,
  severity: 'error',
  exit,
  title: `The title of ${code}`,
  meaning: '',
  remedy,
})
const REFUSED = record('ICE9006', EXIT.unreachable, 'Look whether the server runs, and whether a firewall is between.')
const UNKNOWN = record('ICE9001', EXIT.failed, 'Run the command again: it reads what is there first.')
const MISTAKE = record('ICE9002', EXIT.usage, 'Correct the file.')

export const servers = { vault: 'https://127.0.0.1:8200', clusters: { demo: 'https://127.0.0.1:6443' } }

export const CA = `-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUQW5vbnltb3VzIGNlcnRpZmljYXRl
-----END CERTIFICATE-----
`

const POLICY = `# static
path "static/data/exampleapp/creds" {
  capabilities = ["read"]
}

path "static/metadata/exampleapp/creds" {
  capabilities = ["read"]
}
`

function planned(
  action: PlannedObject['action'],
  kind: string,
  title: string,
  address: string,
  changes: Change[] = [],
  reason?: string,
): PlannedObject {
  return {
    action,
    kind,
    title,
    address: address as PlannedObject['address'],
    changes,
    stages: [],
    from: [],
    ...(reason !== undefined && { reason }),
  }
}

const set = (field: string, to: Change['to'], why?: string): Change => ({
  field,
  from: undefined,
  to,
  ...(why !== undefined && { why }),
})

export const objects: readonly PlannedObject[] = [
  planned('none', 'Namespace', 'namespace', 'k8s:demo:Namespace/app'),
  planned('create', 'ServiceAccount', 'service account', 'k8s:demo:ServiceAccount/app/exampleapp'),
  planned('create', 'AuthConfig', 'auth config', 'vault:auth/demo/config', [
    set('kubernetesHost', 'https://127.0.0.1:6443'),
    set('kubernetesCACert', CA),
    set('tokenReviewerJWT', '(secret)', 'from the Secret vault-auth/vault-reviewer-token'),
  ]),
  planned('create', 'Policy', 'policy', 'vault:sys/policies/acl/dynamic', [set('policy', POLICY + POLICY)]),
  planned('update', 'Policy', 'policy', 'vault:sys/policies/acl/static', [
    { field: 'policy', from: POLICY, to: POLICY.replace('["read"]', '["list", "read"]') },
  ]),
  planned('update', 'AuthRole', 'role', 'vault:auth/demo/role/static', [
    { field: 'serviceAccounts', from: ['exampleapp', 'old'], to: ['exampleapp'] },
    { field: 'audience', from: '', to: 'vault' },
    { field: 'aliasMetadata', from: undefined, to: { team: 'a b' } },
    { field: 'tokenTTL', from: '30m', to: '1h' },
  ]),
  planned('create', 'DatabaseRole', 'database role', 'vault:postgres/roles/exampleapp', [
    set('creation', [
      `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      'GRANT SELECT ON greetings TO "{{name}}"',
    ]),
    set('maxTTL', '10m'),
  ]),
  planned(
    'none',
    'KvSecret',
    'secret',
    'vault:static/data/exampleapp/creds',
    [
      {
        field: 'data',
        from: '(deleted)',
        to: '(secret)',
        mode: 'createOnly',
        why: 'it was deleted; a KV secret is never written again by itself',
      },
    ],
    'it was deleted; a KV secret is never written again by itself',
  ),
]

const refused = planned(
  'refuse',
  'EngineMount',
  'engine',
  'vault:sys/mounts/transit',
  [{ field: 'type', from: 'kv', to: 'transit', mode: 'immutable' }],
  'it exists, and this file did not make it',
)

export const mixedPlan: PlanResult = {
  operation: 'plan',
  file: 'demo',
  servers,
  plan: { file: 'demo', objects: [...objects, refused] },
}
export const savedPlan: PlanResult = { ...mixedPlan, plan: { file: 'demo', objects }, savedTo: 'my plan.json' }
export const unchangedPlan: PlanResult = { ...mixedPlan, plan: { file: 'demo', objects: objects.slice(0, 1) } }

const isWritten = ({ action }: PlannedObject): boolean => action === 'create' || action === 'update'

function outcomes(
  state: (object: PlannedObject, index: number) => Pick<ObjectOutcome, 'state' | 'error' | 'reason'>,
): ObjectOutcome[] {
  return objects.filter(isWritten).map((object, index) => {
    const { address, kind, action } = object
    const told = state(object, index)
    return {
      address,
      kind,
      action: action as 'create',
      seconds: told.state === 'skipped' ? 0 : 0.0123 * (index + 1),
      ...told,
    }
  })
}

function probe(role: string, account: string, what: string, rest: Partial<ProbeResult> = {}): ProbeResult {
  return {
    name: `demo: ${account} as ${role}: ${what}`,
    cluster: 'demo',
    role,
    verdict: 'passed',
    seconds: 0.021,
    ...rest,
  }
}

export const passedProbes: ProbeResult[] = [
  probe('dynamic', 'app/exampleapp', 'logs in', { detail: 'policies default, dynamic; for 3600 s', seconds: 1.234 }),
  probe('dynamic', 'app/exampleapp', 'read database postgres/exampleapp'),
  probe('static', 'app/exampleapp', 'another namespace is refused'),
  probe('static', 'app/exampleapp', 'another audience is refused', {
    verdict: 'skipped',
    seconds: 0,
    detail: 'the role asks for no audience',
  }),
]

export const mixedProbes: ProbeResult[] = [
  {
    name: 'role nobody',
    cluster: '',
    role: 'nobody',
    verdict: 'skipped',
    seconds: 0,
    detail: 'its bindings name no account; name one under `verify`',
  },
  ...passedProbes,
  probe('static', 'app/exampleapp', 'a path outside the policies is refused', {
    verdict: 'failed',
    code: VERIFY.shouldBeRefused.code,
    detail: 'it was allowed',
  }),
  probe('static', 'app/exampleapp', 'read kv static/exampleapp/creds', {
    verdict: 'failed',
    code: VERIFY.probeFailed.code,
    detail:
      'Vault refused to read static/data/exampleapp/creds: permission denied. <script> & "quotes" ##[error] are only text',
  }),
]

const applied: ApplyResult = {
  operation: 'apply',
  file: 'demo',
  servers,
  plan: { file: 'demo', objects },
  dryRun: false,
  outcomes: outcomes(() => ({ state: 'done' })),
  interrupted: false,
  seconds: 1.82,
}

export const applyDone: ApplyResult = { ...applied, verify: { probes: passedProbes, left: [] } }
export const applyUnproven: ApplyResult = { ...applied, verify: { probes: mixedProbes, left: [] } }
export const applyDryRun: ApplyResult = { ...applied, dryRun: true, outcomes: [] }
export const applyUnchanged: ApplyResult = { ...applied, plan: unchangedPlan.plan, outcomes: [], seconds: 0.2 }
export const applyStopped: ApplyResult = {
  ...applied,
  interrupted: true,
  outcomes: outcomes((_, index) =>
    index < 2 ? { state: 'done' } : { state: 'skipped', reason: 'the run was stopped' },
  ),
}
export const applyFailed: ApplyResult = {
  ...applied,
  outcomes: outcomes((_, index) => {
    if (index === 1) {
      const message = 'The API server at https://127.0.0.1:6443 cannot be reached from Vault.'
      return { state: 'failed', error: new IceError(REFUSED, { message, evidence: { host: '127.0.0.1', port: 6443 } }) }
    }
    if (index === 4) return { state: 'skipped', reason: 'it needs vault:auth/demo/config' }
    if (index === 5)
      return {
        state: 'unknown',
        error: new IceError(UNKNOWN, { message: 'The answer to the write of postgres/roles/exampleapp was lost.' }),
      }
    return { state: 'done' }
  }),
}

export const verified: VerifyRunResult = {
  operation: 'verify',
  file: 'demo',
  servers,
  verify: { probes: mixedProbes, left: ['lease postgres/creds/exampleapp/abc'] },
  interrupted: false,
  seconds: 2.5,
}
export const proven: VerifyRunResult = { ...verified, verify: { probes: passedProbes, left: [] } }

export const oneError = new IceError(REFUSED, {
  message:
    'Nobody answers at https://127.0.0.1:8200: connection refused. This sentence is here so that the message is long enough to be wrapped.',
  evidence: { host: '127.0.0.1', port: 8200, 'last lines': 'first line\n::error::second line' },
})

export const manyErrors = new IceErrors([
  new IceError(MISTAKE, {
    message: 'clusters.demo has no key `contex`.',
    at: { file: 'icebreaker.yaml', line: 10, column: 5 },
    next: ['Did you mean `context`?'],
  }),
  new IceError(MISTAKE, {
    message: 'clusters.demo lacks the key `auth`.',
    at: { file: 'icebreaker.yaml', line: 9, column: 3 },
  }),
  new IceError(MISTAKE, {
    message: 'roles.static names the policy `statik`, which is not in the file.',
    at: { file: 'icebreaker.yaml', line: 71, column: 16 },
    evidence: { expected: 'static, dynamic, transit' },
    address: 'vault:auth/demo/role/static',
  }),
])

const server = (name: string, title: string, port: number): SandboxState['servers'][number] => ({
  name,
  title,
  state: 'running',
  pid: 4000 + port,
  port,
  log: `/state/default/logs/${name}.log`,
})

export const sandbox: SandboxState = {
  name: 'default',
  folder: '/state/default',
  product: 'openbao',
  context: 'icebreaker',
  kubeconfig: '/state/default/kubeconfig',
  vaultAddress: 'https://127.0.0.1:8200',
  caFile: '/state/default/vault/tls/ca.crt',
  file: '/state/default/icebreaker.yaml',
  servers: [
    server('etcd', 'etcd', 2379),
    server('vault', 'OpenBao', 8200),
    { ...server('postgres', 'PostgreSQL', 5432), state: 'dead' },
  ],
}
