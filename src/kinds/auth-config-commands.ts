import type { VaultPath } from '../vault/types.js'
import type { DesiredAuthConfig } from './auth-config-fields.js'
import { isPlain, jsonParts, Variable, vaultWrite, type CommandLine, type Programs } from './command-line.js'
import type { Json } from './contract.js'
import { FILL_SECONDS, holdsToken, tokenSecretName, type TokenReviewer } from './reviewer.js'
import { markerLabels } from './reviewer-token.js'

/** Gets the reviewer's token, hands it to Vault with all the rest, and ends the tokens that it replaces. */
export function authConfigCommands(
  at: VaultPath,
  desired: DesiredAuthConfig,
  body: Readonly<Record<string, Json>>,
  programs: Programs,
  last: Readonly<Record<string, string>> | undefined,
): CommandLine[] {
  const { cluster, reviewer } = desired
  const token = new Variable([cluster, 'reviewer', 'token'])
  const asking = holdsToken(reviewer) ? { ...desired, reviewer } : undefined
  const marker = reviewer.token === 'bound' ? new Variable([cluster, 'reviewer', 'marker']) : undefined
  const [before] = (last?.['reviewer'] ?? '').split('/')
  const retired = reviewer.token === 'client' ? before : reviewer.namespace
  const ca = body['kubernetes_ca_cert']
  const isKnown = body['kubernetes_host'] !== ''
  const server = new Variable([cluster, 'API server', 'address'])
  const root = new Variable([cluster, 'API server', 'CA'])
  const config = isKnown
    ? { ...body, ...(typeof ca === 'string' && { kubernetes_ca_cert: readableCA(cluster, ca) }) }
    : { ...body, kubernetes_host: server, kubernetes_ca_cert: root }
  return [
    ...(isKnown ? [] : lookedUp(cluster, server, root, programs)),
    ...(asking === undefined
      ? []
      : marker === undefined
        ? [fromSecret(asking, token, programs)]
        : minted(asking, token, marker, programs)),
    vaultWrite(programs, at, { ...config, ...(asking && { token_reviewer_jwt: token }) }),
    ...(marker !== undefined || last?.['boundTo'] !== undefined
      ? [retire(desired, retired ?? '', marker, programs)]
      : []),
  ]
}

/** A certificate can be read and compared where its lines are lines. */
const readableCA = (cluster: string, ca: string): string | Variable =>
  ca.includes('\n') && isPlain(ca) ? new Variable([cluster, 'API server', 'CA'], { text: ca }) : ca

/** Where nobody has asked the cluster yet. */
function lookedUp(cluster: string, server: Variable, ca: Variable, { kubectl }: Programs): readonly CommandLine[] {
  return [
    {
      why: 'The address of the API server, as this machine has it; Vault may need another.',
      into: server,
      words: [...kubectl(cluster), 'config', 'view', '--minify', '--output', 'jsonpath={.clusters[0].cluster.server}'],
    },
    {
      why: 'The CA that signed its certificate.',
      into: ca,
      words: [
        ...[...kubectl(cluster), 'get', 'configmap', 'kube-root-ca.crt', '--namespace', 'kube-system'],
        ...['--output', 'go-template={{index .data "ca.crt"}}'],
      ],
    },
  ]
}

type Asked = DesiredAuthConfig & { readonly reviewer: TokenReviewer }

function fromSecret({ cluster, reviewer }: Asked, token: Variable, { kubectl }: Programs): CommandLine {
  const template = '{{with .data}}{{with .token}}{{base64decode .}}{{end}}{{end}}'
  return {
    why: 'The token of the reviewer: Kubernetes fills its Secret a moment after it was made.',
    into: token,
    words: [
      ...kubectl(cluster),
      'get',
      'secret',
      tokenSecretName(reviewer),
      ...within(reviewer.namespace),
      '--output',
      `go-template=${template}`,
    ],
    patience: FILL_SECONDS,
  }
}

function minted(desired: Asked, token: Variable, marker: Variable, { kubectl }: Programs): readonly CommandLine[] {
  const { cluster, reviewer } = desired
  const { namespace, serviceAccount } = reviewer
  const lifetime = reviewer.token === 'bound' ? [`--duration=${reviewer.expiration}s`] : []
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { generateName: `${serviceAccount}-bound-`, namespace, labels: markerLabels(desired) },
  }
  return [
    {
      why: 'The token is bound to an empty Secret: whoever deletes that ends the token.',
      into: marker,
      words: [...kubectl(cluster), 'create', '--filename', '-', '--output', 'jsonpath={.metadata.name}'],
      input: jsonParts(secret),
    },
    {
      into: token,
      words: [
        ...[...kubectl(cluster), 'create', 'token', serviceAccount, ...within(namespace), ...lifetime],
        ...['--bound-object-kind', 'Secret', '--bound-object-name', [{ variable: marker, as: 'text' as const }]],
      ],
    },
  ]
}

function retire(
  desired: DesiredAuthConfig,
  namespace: string,
  marker: Variable | undefined,
  { kubectl }: Programs,
): CommandLine {
  const labels = Object.entries(markerLabels(desired)).map(([name, value]) => `${name}=${value}`)
  return {
    why: 'Ends the tokens that Vault no longer uses.',
    words: [
      ...[...kubectl(desired.cluster), 'delete', 'secret', ...within(namespace), '--selector', labels.join(',')],
      ...(marker === undefined
        ? []
        : ['--field-selector', ['metadata.name!=', { variable: marker, as: 'text' as const }]]),
    ],
  }
}

const within = (namespace: string): readonly string[] => ['--namespace', namespace]
