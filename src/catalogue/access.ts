import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const
const finding = { severity: 'warning', exit: EXIT.done } as const

export const ACCESS = {
  wildcardBinding: {
    ...finding,
    code: 'ICE7101',
    title: 'A role that binds by wildcard',
    meaning:
      'A role lets in service accounts or namespaces by a glob, or by a selector without labels: whoever may create an account that fits gets what the role gives, also accounts that do not exist yet.',
    remedy:
      'Name the service accounts and the namespaces, or use a namespaceSelector with a label that only you may set.',
  },
  unusableRole: {
    ...finding,
    code: 'ICE7102',
    title: 'A role that nobody can use',
    meaning:
      'No existing service account fits the bindings of a role, or Vault refuses every login with it. Whoever later creates an account of that name gets what the role gives.',
    remedy: 'Correct the names in the role, create the account, or remove the role.',
  },
  unheldPolicy: {
    ...finding,
    severity: 'info',
    code: 'ICE7103',
    title: 'A policy that no role gives',
    meaning:
      'No role of a Kubernetes auth mount names this policy. Tokens of other auth methods may still have it; those are not looked at.',
    remedy: 'Name it in a role, or remove it if nothing else uses it.',
  },
  absentPolicy: {
    ...finding,
    code: 'ICE7104',
    title: 'A role that names a policy which does not exist',
    meaning:
      'Vault takes the name without a word, and the policy gives nothing. Whoever later creates a policy of that name gives it to everybody who has the role.',
    remedy: 'Correct the name in the role, or create the policy.',
  },
  accountsUnknown: {
    ...finding,
    code: 'ICE7105',
    title: 'Service accounts that could not be listed',
    meaning:
      'A cluster, or namespaces of it, could not be listed, so it is not known which service accounts a role lets in there. That is never the same as nobody.',
    remedy: 'Allow listing namespaces and service accounts in the whole cluster, and run the command again.',
  },
  policyUnknown: {
    ...finding,
    code: 'ICE7106',
    title: 'A policy whose rules are not known',
    meaning:
      'A policy could not be read, or is not described by the file. What it allows or denies is left open in the answer, since it might turn it either way.',
    remedy: 'Use --live with a token that may read policies.',
  },
  rolesUnknown: {
    ...finding,
    code: 'ICE7107',
    title: 'Roles or identities that could not be read',
    meaning: 'Vault did not let this token read something that the answer depends on, so the answer may lack somebody.',
    remedy: 'Use a token that may list and read the roles of every Kubernetes auth mount, and identity/.',
  },
  mountUnplaced: {
    ...finding,
    code: 'ICE7108',
    title: 'An auth mount of a cluster that is not in the file',
    meaning:
      'A Kubernetes auth mount of Vault belongs to none of the clusters of the file, so its service accounts cannot be listed.',
    remedy: 'Add the cluster to the file, with the path of this auth mount.',
  },
  badQuestion: {
    ...usage,
    code: 'ICE7120',
    title: 'A question that cannot be asked',
    meaning:
      'who-can takes a verb of a secrets engine and a path in it, as grants have them; with --raw a capability and a path of the API.',
    remedy: 'Ask like `who-can read static/exampleapp/creds`, or `who-can --raw update sys/policies/acl/app`.',
  },
  drawingNotSaved: {
    ...usage,
    code: 'ICE7121',
    title: 'The drawing could not be saved',
    meaning: 'The file of --out is there already or is a link, or this user may not write there.',
    remedy: 'Give another name, or --force to replace the file.',
  },
} as const satisfies Record<string, CodeRecord>
