import type { Doc, Fit, Integration, IntegrationContext, PkiSettings } from './contract.js'
import { fromElsewhere, fewUses } from './fit.js'
import { jobName, objectName } from './names.js'
import { CA_KEY, CA_SECRET, caSecret } from './vault-ca.js'

const RBAC = 'rbac.authorization.k8s.io'

/** cert-manager with Vault as issuer. https://cert-manager.io/docs/configuration/vault/ */
export const certManager: Integration = {
  way: 'cert-manager',
  title: 'cert-manager, certificates signed by Vault',
  about:
    'cert-manager logs in as a service account and has Vault’s PKI engine sign certificates, which it keeps as Kubernetes Secrets and renews. It brings certificates, and no other secrets.',
  properties: {
    keeps: 'as a Secret in etcd',
    rotation: 'a certificate is renewed at two thirds of its life',
    restart: 'no, where the application reads its files again',
    installs: 'cert-manager',
    nodePlugin: false,
  },
  fits: (context) => fit(context),
  objects: (context) => {
    const { pki } = context.settings
    // Where nobody says a path it does not fit.
    if (pki === undefined) return { objects: [], patches: [] }
    return { objects: [...caSecret(context), ...mayAsk(context, pki), issuer(context, pki)], patches: [] }
  },
}

function fit(context: IntegrationContext): Fit {
  const { settings, workload } = context
  const few = fewUses(workload)
  if (few !== undefined) return few
  if (settings.pki === undefined)
    return { fits: false, why: 'it brings certificates: say with --path where Vault signs them, such as pki/sign/web' }
  return {
    fits: true,
    why: 'every Certificate of the namespace can be signed by it',
    cautions: [
      `Its role must allow \`update\` at ${settings.pki.path}, by a policy of yours.`,
      ...fromElsewhere('cert-manager', context),
    ],
  }
}

const issuerName = ({ workload }: IntegrationContext, { issuer: said }: PkiSettings): string =>
  said ?? objectName(workload.serviceAccount, workload.role)

/** Whom a token of an Issuer is for, whatever else it is for; and besides, the address of Vault. */
export const issuerAudience = (namespace: string, name: string): string => `vault://${namespace}/${name}`

/** cert-manager asks for tokens of the account as itself. */
function mayAsk({ workload }: IntegrationContext, { account }: PkiSettings): readonly Doc[] {
  const { namespace, serviceAccount } = workload
  const metadata = { name: jobName('cert-manager', 'token', serviceAccount), namespace }
  return [
    {
      object: {
        apiVersion: `${RBAC}/v1`,
        kind: 'Role',
        metadata,
        rules: [
          { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [serviceAccount], verbs: ['create'] },
        ],
      },
      comment: [`Lets cert-manager make tokens of ${namespace}/${serviceAccount}, and of nobody else.`],
    },
    {
      object: {
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      },
      comment: [],
    },
  ]
}

function issuer(context: IntegrationContext, pki: PkiSettings): Doc {
  const { workload, vault, mount } = context
  const { namespace, serviceAccount, role, audience } = workload
  const name = issuerName(context, pki)
  const fixed = issuerAudience(namespace, name)
  const isAsked = audience !== undefined && audience !== fixed && audience !== vault.address
  const spec = {
    vault: {
      server: vault.address,
      ...(vault.tlsServerName !== undefined && { serverName: vault.tlsServerName }),
      path: pki.path,
      ...(vault.namespace !== undefined && { namespace: vault.namespace }),
      ...(vault.ca !== undefined && { caBundleSecretRef: { name: CA_SECRET, key: CA_KEY } }),
      auth: {
        kubernetes: {
          mountPath: `/v1/auth/${mount}`,
          role,
          serviceAccountRef: { name: serviceAccount, ...(isAsked && { audiences: [audience] }) },
        },
      },
    },
  }
  const object = { apiVersion: 'cert-manager.io/v1', kind: 'Issuer', metadata: { name, namespace }, spec }
  return {
    object: object,
    comment: [
      `Certificates of the namespace ${namespace}, signed at ${pki.path} by the role ${role}, whose policy must allow \`update\` there.`,
    ],
    notes: isAsked
      ? [
          {
            at: ['spec', 'vault', 'auth', 'kubernetes', 'serviceAccountRef', 'audiences'],
            text: `Older versions know no \`audiences\`, and ask for ${fixed} only: then say roles.${role}.audience: ${fixed}`,
          },
        ]
      : [],
  }
}
