import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const
const warning = { severity: 'warning', exit: EXIT.done } as const

const SILENT = '`permission denied` at every login.'
const MISLEADING =
  '`permission denied` at every login; older versions mislead with `service account unauthorized; … deleted or recreated`, which is said of the reviewer, not of the workload.'
const NEW_TOKEN_WORKS =
  'Vault, made to ask with the stored token, is answered 401; with a new token and all else alike it is let through.'

/** As whom Vault asks the API server about tokens, and what that account may do. */
export const DOCTOR_REVIEWER = {
  reviewerUnset: {
    ...problem,
    code: 'ICE9201',
    title: 'Vault has no token to ask the API server with',
    meaning:
      'No reviewer’s token is stored, and Vault does not run in a pod of the cluster. It then shows the API server the token of whoever logs in, which may not ask about tokens, not even about itself.',
    shows: SILENT,
    detected:
      'token_reviewer_jwt_set is false, and neither does the file want each workload to ask for itself nor do SubjectAccessReviews allow it.',
    remedy: 'Store a token of a reviewer, or let each workload ask for itself: `reviewer: { token: client }`.',
    links: [
      'https://developer.hashicorp.com/vault/docs/auth/kubernetes#how-to-work-with-short-lived-kubernetes-tokens',
      'https://github.com/hashicorp/vault/issues/29055',
    ],
  },
  reviewerOfAnotherCluster: {
    ...problem,
    code: 'ICE9202',
    title: 'Vault asks with the token of its own pod, and that is of another cluster',
    meaning:
      'No reviewer’s token is stored and disable_local_ca_jwt is off, so Vault takes the token of the pod it runs in. The API server that this mount asks is of another cluster and does not know it; and each login shows that cluster a token of Vault’s own account.',
    shows: MISLEADING,
    detected: `No token is stored, disable_local_ca_jwt is off, and ${NEW_TOKEN_WORKS}`,
    remedy: 'Store a token of a reviewer of that cluster, and disable_local_ca_jwt=true.',
    links: ['https://github.com/hashicorp/vault-plugin-auth-kubernetes/pull/94'],
  },
  reviewerExpired: {
    ...problem,
    code: 'ICE9203',
    title: 'The reviewer’s token has expired',
    meaning:
      'Tokens of TokenRequest end. Clouds cut the life that was asked for to a day or two, whatever was asked for, and nothing renewed this one.',
    shows: MISLEADING,
    detected:
      'The record says when the token ends that was written last (or the token that was handed in says so), and that is over.',
    remedy:
      'Write a new one, and have it renewed by a scheduled job: icebreaker reviewer rotate. Or use a token that does not expire: `token: secret`.',
    links: [
      'https://github.com/hashicorp/vault/issues/12855',
      'https://github.com/DataDog/stratus-red-team/issues/163',
      'https://github.com/aws/containers-roadmap/issues/1836',
    ],
  },
  reviewerPodBound: {
    ...problem,
    code: 'ICE9204',
    title: 'The reviewer’s token ends, or has ended, with a pod',
    meaning:
      'Somebody stored the token that a pod finds in /var/run/secrets/kubernetes.io/serviceaccount. It is good until that pod goes, and renewed in the pod alone.',
    shows: 'Everything works until a pod restarts.',
    detected: 'The token, where it is handed in, names the pod in its claims.',
    remedy: 'Store a token of a reviewer that no pod’s life ends.',
    links: [
      'https://github.com/hashicorp/vault/issues/12855',
      'https://github.com/bank-vaults/bank-vaults/issues/1603',
    ],
  },
  reviewerAccountGone: {
    ...problem,
    code: 'ICE9205',
    title: 'The reviewer’s account was deleted, or deleted and made anew',
    meaning:
      'With the account all its tokens end: they hold its uid, and one that is made anew under the same name has another. For some ten seconds the API server still takes the old token for good.',
    shows: MISLEADING,
    detected:
      'There is no such account; or its uid is not the recorded one, or it is younger than the token that was written.',
    remedy: 'Make the account, its binding and its Secret again, and write a new token.',
    links: ['https://github.com/hashicorp/vault/issues/15430'],
  },
  reviewerSecretEmpty: {
    ...problem,
    code: 'ICE9206',
    title: 'The Secret of the reviewer’s token is missing, or is none',
    meaning:
      'A long-lived token is good as long as its Secret is there, one of TokenRequest as long as the Secret that it is bound to. One of another type, or for another account, is never given a token.',
    shows: `${MISLEADING} Or an empty token was stored in the first place.`,
    detected: 'The Secret in the reviewer’s namespace, its type, its annotation and its keys.',
    remedy: 'Make it again, of the type kubernetes.io/service-account-token, and write its token.',
    links: ['https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets'],
  },
  noAutomaticSecret: {
    ...problem,
    code: 'ICE9207',
    title: 'The reviewer has no token: Kubernetes makes none by itself any more',
    meaning:
      'Since Kubernetes 1.24 a new service account is given no Secret. Scripts that read `.secrets[0].name` of it get nothing, and store an empty token.',
    shows: SILENT,
    detected:
      'No token is stored; an account that is bound to system:auth-delegator is there, and no Secret holds a token of it.',
    remedy: 'Make a Secret of the type kubernetes.io/service-account-token for it, and store that token.',
    links: [
      'https://github.com/hashicorp/vault-helm/issues/917',
      'https://github.com/kubernetes/kubernetes/blob/master/CHANGELOG/CHANGELOG-1.24.md#urgent-upgrade-notes',
    ],
  },
  legacyTokenCleaned: {
    ...problem,
    code: 'ICE9208',
    title: 'Kubernetes has ended the reviewer’s token, as unused',
    meaning:
      'A token that was made automatically and not used for a year is marked as invalid, and its Secret is deleted a year later.',
    shows: MISLEADING,
    detected: 'The Secret has the label kubernetes.io/legacy-token-invalid-since.',
    remedy: 'Take the label away, or write a new token.',
    links: [
      'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-cleaner',
      'https://github.com/kubernetes/kubernetes/issues/125633',
    ],
  },
  reviewerEndsSoon: {
    ...warning,
    code: 'ICE9209',
    title: 'The reviewer’s token ends soon',
    meaning: 'Less than a third of its life is left. With it every login on the mount ends.',
    shows: 'Nothing yet.',
    detected: 'The record says when the token ends that was written last.',
    remedy: 'Renew it, and have a scheduled job do that: icebreaker reviewer rotate --if-expires-within.',
    links: ['https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/'],
  },
  noAuthDelegator: {
    ...problem,
    code: 'ICE9210',
    title: 'Whoever reviews may not ask the API server about tokens',
    meaning:
      'TokenReview is a right of its own. The reviewer needs it, or, where no reviewer is stored, each workload that logs in.',
    shows: `${SILENT} In the log of Vault: \`tokenreviews.authentication.k8s.io is forbidden\`.`,
    detected: 'A SubjectAccessReview for the account: it may not create tokenreviews.authentication.k8s.io.',
    remedy: 'Bind the account to system:auth-delegator by a ClusterRoleBinding.',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/61',
      'https://github.com/argoproj-labs/argocd-vault-plugin/issues/102',
    ],
  },
  roleBindingOnly: {
    ...problem,
    code: 'ICE9211',
    title: 'The reviewer is bound to system:auth-delegator in a namespace only',
    meaning: 'TokenReview belongs to no namespace, so a RoleBinding gives nothing: it takes a ClusterRoleBinding.',
    shows: SILENT,
    detected: 'The account may not create tokenreviews, and a RoleBinding to system:auth-delegator names it.',
    remedy: 'Bind it by a ClusterRoleBinding.',
    links: ['https://github.com/hashicorp/vault/issues/6987'],
  },
  bindingWrongSubject: {
    ...problem,
    code: 'ICE9212',
    title: 'The binding to system:auth-delegator names another account',
    meaning:
      'A ClusterRoleBinding names an account by its namespace and its name; one of them is another, or the subject is a user or a group. Kubernetes does not check that it exists.',
    shows: SILENT,
    detected:
      'The account may not create tokenreviews, and a ClusterRoleBinding to system:auth-delegator names one that only looks like it.',
    remedy: 'Correct the subject of the binding.',
    links: ['https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects'],
  },
  reviewerTooPowerful: {
    ...warning,
    code: 'ICE9213',
    title: 'The reviewer may do more than review',
    meaning:
      'Its token is in Vault, and in a Secret: whoever gets hold of it has all its rights. It needs system:auth-delegator alone. And where a group has that role, every account may ask about every token.',
    shows: 'Nothing: all works.',
    detected: 'SubjectAccessReviews for the account, and the bindings that give it more.',
    remedy: 'Take away the bindings that it does not need.',
    links: ['https://kubernetes.io/docs/concepts/security/rbac-good-practices/'],
  },
  noNamespaceRead: {
    ...problem,
    code: 'ICE9214',
    title: 'The reviewer may not read namespaces, which a role selects by their labels',
    meaning:
      'To compare the labels of a namespace Vault reads it with the reviewer’s token; system:auth-delegator does not allow that.',
    shows: '`namespace not authorized err=failed to get namespace (code 403 …)`.',
    detected: 'A role has bound_service_account_namespace_selector, and a SubjectAccessReview denies `get namespaces`.',
    remedy: 'Give the reviewer `get` on namespaces, by a ClusterRole and a binding.',
    links: ['https://github.com/hashicorp/vault-helm/pull/1172', 'https://github.com/hashicorp/vault/issues/29055'],
  },
  noServiceAccountRead: {
    ...problem,
    code: 'ICE9215',
    title: 'The reviewer may not read service accounts, whose annotations Vault is to use',
    meaning:
      'use_annotations_as_alias_metadata makes Vault read the account that logs in with the reviewer’s token; system:auth-delegator does not allow that. HashiCorp Vault only.',
    shows: '`failed to get service account (code 403 …)`, with status 500.',
    detected: 'The config switches it on, and a SubjectAccessReview denies `get serviceaccounts`.',
    remedy: 'Give the reviewer `get` on serviceaccounts, or switch it off.',
    links: ['https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#use_annotations_as_alias_metadata'],
  },
  aliasAnnotationReserved: {
    ...problem,
    code: 'ICE9216',
    title: 'A service account has an annotation that Vault keeps for itself',
    meaning:
      'Annotations vault.hashicorp.com/alias-metadata-… become metadata; those for service_account_uid, _name, _namespace and _secret_name would stand in the place of Vault’s own.',
    shows: '`entity alias metadata keys for only internal use found`, with status 400.',
    detected: 'The config switches annotations on, and an account that a role names has such a one.',
    remedy: 'Name the annotation otherwise.',
    links: ['https://developer.hashicorp.com/vault/docs/auth/kubernetes#workflows'],
  },
  reviewerRejected: {
    ...problem,
    code: 'ICE9217',
    title: 'The API server does not accept the reviewer’s token that Vault holds',
    meaning:
      'The way is good, the token is not: it has expired, or its account, its Secret or its pod is gone, or the cluster signs with other keys, or it is of another cluster. Vault shows it to nobody, so which of these it is cannot be proven.',
    shows: MISLEADING,
    detected: NEW_TOKEN_WORKS,
    remedy: 'Write a new one.',
    links: [
      'https://github.com/hashicorp/vault-plugin-auth-kubernetes/issues/373',
      'https://github.com/hashicorp/vault/issues/15430',
    ],
  },
  reviewerSecretReadable: {
    ...warning,
    code: 'ICE9218',
    title: 'Others can read the reviewer’s token',
    meaning:
      'Its token in a Secret does not expire. Whoever can read Secrets in that namespace can ask the API server about every token and every right, as the reviewer.',
    shows: 'Nothing: all works.',
    detected:
      'The roles and bindings of the cluster, as far as they give get, list or watch on that Secret; administrators and Kubernetes’ own components are left out.',
    remedy: 'Keep the reviewer in a namespace of its own, or use tokens that expire: `token: bound`.',
    links: ['https://kubernetes.io/docs/concepts/security/rbac-good-practices/#secrets'],
  },
} as const satisfies Record<string, CodeRecord>
