import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const

/** What receives secrets in a cluster: pods with the agent, CSI volumes, objects of operators. */
export const DOCTOR_CONSUMERS = {
  consumerMount: {
    ...problem,
    code: 'ICE9601',
    title: 'An object of the cluster logs in at a mount that is not there',
    meaning:
      'Its auth path names no auth mount of this Vault, or that of another cluster. Where nothing is said, most ways take `kubernetes`.',
    shows: '`permission denied`, `missing client token` or 404 in the log of the agent, the provider or the operator.',
    detected:
      'The path that the object says, or that is taken where it says none, is compared with the table of mounts.',
    remedy: 'Write the path of this cluster’s auth mount into the object.',
    links: [
      'https://github.com/hashicorp/vault-k8s/issues/75',
      'https://github.com/hashicorp/vault-csi-provider/issues/111',
    ],
  },
  consumerRole: {
    ...problem,
    code: 'ICE9602',
    title: 'An object of the cluster logs in with a role that is not there',
    meaning: 'The role that it names does not exist on the auth mount that it uses.',
    shows: '`invalid role name`.',
    detected: 'The role is looked for on that mount.',
    remedy: 'Correct the name in the object, or make the role.',
  },
  consumerAccount: {
    ...problem,
    code: 'ICE9603',
    title: 'An object of the cluster uses a service account that is not there',
    meaning:
      'The account is looked for in one certain namespace: that of the pod, of the object that wants the secret, or of the store. There it is not.',
    shows: '`serviceaccounts "…" not found` in the log or the conditions of the object.',
    detected: 'The account is looked for where that way looks for it.',
    remedy: 'Make the account in that namespace, or name one that is there.',
    links: ['https://github.com/external-secrets/external-secrets/issues/2560'],
  },
  consumerNotBound: {
    ...problem,
    code: 'ICE9604',
    title: 'The role does not let in the account that an object uses',
    meaning: 'The names and namespaces of the role do not fit the service account whose token is presented.',
    shows: '`service account name not authorized` or `namespace not authorized`.',
    detected: 'The bindings of the role are matched as Vault matches them.',
    remedy: 'Bind the account in the role, or let the object use an account that is bound.',
  },
  consumerAudience: {
    ...problem,
    code: 'ICE9605',
    title: 'An object presents a token for another audience than the role asks for',
    meaning:
      'Tokens are made for audiences. The injector takes the pod’s own token, which is for the API server; cert-manager always asks for vault://NAMESPACE/ISSUER.',
    shows: '`invalid audience (aud) claim`.',
    detected: 'The audience of the role is compared with those of the token that this way presents.',
    remedy: 'Give the object the role’s audience where its way allows that, or the role the audience of the token.',
    links: [
      'https://github.com/hashicorp/vault-csi-provider/issues/231',
      'https://github.com/cert-manager/cert-manager/issues/6150',
      'https://github.com/hashicorp/vault-secrets-operator/issues/553',
    ],
  },
  podWithoutToken: {
    ...problem,
    code: 'ICE9606',
    title: 'A pod gets no token to log in with',
    meaning: 'automountServiceAccountToken is false for the pod or its account, and no other token is projected.',
    shows: '`open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory` in the agent’s log.',
    detected: 'The pod and its service account are read.',
    remedy: 'Project a token with the audience of the role into a volume, and name it by the injector’s annotation.',
  },
  injectorNotCalled: {
    ...problem,
    code: 'ICE9607',
    title: 'The injector has not changed a pod that asks for it',
    meaning:
      'The webhook is not registered, does not select the namespace, cannot be called, and lets pods pass where it fails. A pod is changed only when it is made.',
    shows: 'The pod runs without a vault-agent container, and its files are missing.',
    detected: 'The pod has the annotation and no agent; the webhooks and their selectors are read.',
    remedy: 'Mend the webhook, then make the pod anew.',
    links: ['https://github.com/hashicorp/vault-k8s/issues/32', 'https://github.com/hashicorp/vault-k8s/issues/410'],
  },
  consumerReference: {
    ...problem,
    code: 'ICE9608',
    title: 'An object refers to what is not there, or lacks what it must name',
    meaning:
      'A SecretProviderClass, VaultAuth, VaultConnection or store that an object names does not exist where it is looked for, or does not let its namespace use it; or the object names no role.',
    shows: 'The object’s conditions, or the events of the pod, say that something was not found.',
    detected: 'The reference is followed as its controller follows it.',
    remedy: 'Make what is missing, or correct the reference.',
  },
  consumerLogin: {
    ...problem,
    code: 'ICE9609',
    title: 'The login that an object makes is refused',
    meaning: 'Everything that can be read fits, and the login, done with the token that this way presents, is refused.',
    shows: 'The log or the conditions of whoever logs in say so.',
    detected: 'A token of the same account with the same audiences is asked for and presented to Vault.',
    remedy: 'icebreaker doctor login with the same role and account names the step that fails.',
  },
  csiCannotAskTokens: {
    ...problem,
    code: 'ICE9610',
    title: 'The CSI provider may not ask for tokens',
    meaning: 'The provider presents tokens of the pods’ accounts, and its own account may not create them.',
    shows: '`cannot create resource "serviceaccounts/token"` in the events of the pod.',
    detected: 'A SubjectAccessReview for the account of the provider’s DaemonSet.',
    remedy: 'Give the provider’s account `create` on serviceaccounts/token, as its chart does.',
    links: [
      'https://github.com/hashicorp/vault-csi-provider/issues/135',
      'https://github.com/hashicorp/vault-csi-provider/issues/229',
    ],
  },
  podNotThere: {
    ...problem,
    code: 'ICE9611',
    title: 'There is no such pod',
    meaning: 'The cluster has no pod of this name in this namespace.',
    shows: 'doctor pod finds nothing to examine.',
    detected: 'The pod is read.',
    remedy: 'Name a pod as NAMESPACE/NAME: kubectl get pods -A.',
  },
  podAsksNothing: {
    severity: 'info',
    exit: EXIT.problems,
    code: 'ICE9612',
    title: 'A pod asks for secrets by no way that doctor knows',
    meaning:
      'It has no annotations of the injector and no volume of the CSI driver, and no operator fills a Secret that it reads. Its program may log in by itself: which role it names cannot be seen.',
    shows: 'Nothing in the cluster shows where the pod’s secrets come from.',
    detected: 'The pod, the Secrets that it reads and the objects of the operators in its namespace are read.',
    remedy: 'icebreaker doctor login with the role that the program names follows its login step by step.',
  },
  podLetInNowhere: {
    ...problem,
    code: 'ICE9613',
    title: 'No role lets in the service account of a pod',
    meaning: 'The pod asks by no way that doctor knows, and whatever its program names, no role fits its account.',
    shows: '`service account name not authorized` or `namespace not authorized`.',
    detected: 'Every role of the auth mounts is compared with the account, as Vault does it.',
    remedy: 'Bind the account in a role: icebreaker role write, or a role in the file.',
  },
  podSays: {
    severity: 'info',
    exit: EXIT.problems,
    code: 'ICE9614',
    title: 'What the cluster says of the pod',
    meaning: 'Why its containers wait or ended, which conditions it does not meet, and the warnings among its events.',
    shows: 'kubectl describe pod.',
    detected: 'The status of the pod and the events of the last hour are read.',
    remedy: 'Compare it with what else was found.',
  },
} as const satisfies Record<string, CodeRecord>
