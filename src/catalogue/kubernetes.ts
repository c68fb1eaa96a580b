import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const
const unreachable = { severity: 'error', exit: EXIT.unreachable } as const
const notPermitted = { severity: 'error', exit: EXIT.notPermitted } as const
const refused = { severity: 'error', exit: EXIT.refused } as const
const failed = { severity: 'error', exit: EXIT.failed } as const

export const KUBERNETES = {
  // 30xx: how the cluster is found
  kubeconfigMissing: {
    ...usage,
    code: 'ICE3001',
    title: 'There is no kubeconfig',
    meaning:
      'No kubeconfig file was found where it was looked for, so there is no cluster to talk to. Other tools then fall back to http://localhost:8080; this one does not.',
    remedy: 'Set KUBECONFIG or name the file with --kubeconfig; inside a pod say `inCluster: true`.',
    links: ['https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/'],
  },
  kubeconfigInvalid: {
    ...usage,
    code: 'ICE3002',
    title: 'The kubeconfig cannot be used',
    meaning:
      'The kubeconfig is not valid YAML, refers to a cluster, user or file that is not there, or holds a certificate or key that cannot be read.',
    remedy:
      'Mend the kubeconfig, or have the cluster’s provider write it anew; `kubectl config view --minify` shows it.',
  },
  contextUnknown: {
    ...usage,
    code: 'ICE3003',
    title: 'The kubeconfig has no such context',
    meaning: 'The context that was asked for is in none of the kubeconfig files that were read.',
    remedy: 'Take one of the contexts that `kubectl config get-contexts` lists.',
  },
  insecureConnection: {
    ...usage,
    code: 'ICE3004',
    title: 'The connection to the API server would not be safe',
    meaning:
      'The kubeconfig switches TLS verification off (`insecure-skip-tls-verify`) or names an http address. Whoever stands between could read the credentials and hand Vault a false certificate authority.',
    remedy: 'Put the cluster’s CA into the kubeconfig (`certificate-authority-data`) and an https address.',
  },
  notInCluster: {
    ...usage,
    code: 'ICE3005',
    title: 'This does not run inside a cluster',
    meaning:
      '`inCluster: true` needs what Kubernetes gives to a pod: KUBERNETES_SERVICE_HOST and the service account’s token and ca.crt.',
    remedy: 'Run it in a pod whose service account token is mounted, or name a kubeconfig context instead.',
  },
  credentialPlugin: {
    ...notPermitted,
    code: 'ICE3006',
    title: 'The kubeconfig’s credential plug-in gave no credentials',
    meaning:
      'The kubeconfig says that a command (`exec`) prints the credentials. That command is missing, failed, did not end in time, or printed something else.',
    remedy:
      'Run `kubectl get --raw /version` with the same context: log in where the command asks for it, then try again.',
    links: ['https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins'],
  },
  invalidName: {
    ...usage,
    code: 'ICE3007',
    title: 'A name that Kubernetes does not accept',
    meaning: 'Names of Kubernetes objects go into URLs and must follow the rules of their kind.',
    remedy:
      'Use lower-case letters, digits and `-` (and `.` where the kind allows it), beginning and ending with a letter or digit.',
    links: ['https://kubernetes.io/docs/concepts/overview/working-with-objects/names/'],
  },
  notACertificate: {
    ...usage,
    code: 'ICE3008',
    title: 'There is no certificate in it',
    meaning: 'A certificate authority must be given as PEM: blocks that begin with -----BEGIN CERTIFICATE-----.',
    remedy: 'Give the PEM file itself. If it begins with LS0tLS1 it is base64: decode it first.',
  },

  // 31xx: whether it can be reached
  unreachable: {
    ...unreachable,
    code: 'ICE3101',
    title: 'The Kubernetes API server cannot be reached',
    meaning: 'No connection to the API server came about, or it was lost before an answer came.',
    remedy: 'Check the address in the kubeconfig, and that VPN, proxy and firewall let you through to it.',
  },
  timeout: {
    ...unreachable,
    code: 'ICE3102',
    title: 'The Kubernetes API server did not answer in time',
    meaning:
      'The API server took the connection but did not answer. It is overloaded, hangs, or something in between does.',
    remedy:
      'Try again, with a longer --timeout if the cluster is slow; `kubectl get --raw /readyz?verbose` shows its health.',
  },
  untrusted: {
    ...unreachable,
    code: 'ICE3103',
    title: 'The API server’s certificate is not signed by the known CA',
    meaning:
      'The certificate that the server showed was not issued by the certificate authority that the kubeconfig names. Either it is another server, or the CA was changed, or a load balancer with a certificate of its own stands before it.',
    remedy:
      'Fetch the kubeconfig anew. Behind a load balancer or a proxy put its CA into `certificate-authority-data`.',
  },
  wrongName: {
    ...unreachable,
    code: 'ICE3104',
    title: 'The API server’s certificate is for another name',
    meaning: 'The certificate is trusted, but the address in use is not among the names that it holds.',
    remedy: 'Use one of the certificate’s names as the address, or have the address added to the certificate.',
  },
  expired: {
    ...unreachable,
    code: 'ICE3105',
    title: 'The API server’s certificate is not valid now',
    meaning: 'A certificate of the API server has expired or is not valid yet, or this machine’s clock is wrong.',
    remedy: 'Check the clock; then renew the certificate (`kubeadm certs renew apiserver`, or the provider’s way).',
  },
  notTLS: {
    ...unreachable,
    code: 'ICE3106',
    title: 'The address does not speak TLS',
    meaning: 'Something answers at the address, but no TLS connection of version 1.2 or later can be made with it.',
    remedy: 'Check the port: the API server’s is usually 6443 or 443.',
  },
  notKubernetes: {
    ...unreachable,
    code: 'ICE3107',
    title: 'The address is not that of a Kubernetes API',
    meaning: 'Something answered, but not as Kubernetes does: a login page, a proxy or another service.',
    remedy: 'Check the address in the kubeconfig, and that no captive portal or proxy answers instead.',
  },
  overloaded: {
    ...unreachable,
    code: 'ICE3108',
    title: 'The API server refuses more requests',
    meaning:
      'The API server went on answering 429: it is overloaded, or its priority and fairness settings hold us back.',
    remedy:
      'Wait and run it again; `kubectl get --raw /debug/api_priority_and_fairness/dump_priority_levels` shows why.',
    links: ['https://kubernetes.io/docs/concepts/cluster-administration/flow-control/'],
  },
  serverError: {
    ...unreachable,
    code: 'ICE3109',
    title: 'The API server failed',
    meaning: 'The API server answered with an error of its own and went on doing so.',
    remedy: 'Look at its health (`kubectl get --raw /readyz?verbose`) and its log, then run it again.',
  },
  answerLost: {
    ...failed,
    code: 'ICE3110',
    title: 'The answer to a write was lost',
    meaning:
      'The connection broke after the request was sent, so it is not known whether the API server has carried it out.',
    remedy: 'Run it again: it reads the state first and finishes what is missing.',
  },

  // 32xx: who we are and what we may do
  unauthorized: {
    ...notPermitted,
    code: 'ICE3201',
    title: 'The API server does not accept the credentials',
    meaning: 'The credentials of the kubeconfig’s user are missing, expired, revoked, or of another cluster.',
    remedy: 'Log in again the way this cluster wants it, then check with `kubectl auth whoami`.',
  },
  forbidden: {
    ...notPermitted,
    code: 'ICE3202',
    title: 'Kubernetes does not permit it',
    meaning: 'The API server knows the user, but no role lets it do this.',
    remedy: 'Have an administrator grant the missing right to that user, with a role and a binding.',
    links: ['https://kubernetes.io/docs/reference/access-authn-authz/rbac/'],
  },
  escalation: {
    ...notPermitted,
    code: 'ICE3203',
    title: 'Kubernetes does not let the user give rights that it lacks',
    meaning: 'Whoever makes a binding must hold all rights of the role that is bound, or the verb `bind` on that role.',
    remedy: 'Have the verb `bind` on that cluster role granted, or let an administrator run this once.',
    links: [
      'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update',
    ],
  },

  // 33xx: what stands in the way of an object
  exists: {
    ...refused,
    code: 'ICE3301',
    title: 'The object is there already',
    meaning: 'Something with this name exists, and creating must not overwrite it.',
    remedy: 'Look whose it is (`kubectl get … -o yaml`); take another name or remove it.',
  },
  conflict: {
    ...refused,
    code: 'ICE3302',
    title: 'Somebody else owns fields of the object',
    meaning:
      'Server-side apply found fields that another field manager has set to something else. They are never taken over by force.',
    remedy: 'Agree with the other manager: remove the fields from its manifest, or from this file.',
    links: ['https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts'],
  },
  changed: {
    ...refused,
    code: 'ICE3303',
    title: 'Somebody changed the object meanwhile',
    meaning: 'Between reading and writing the object was changed or replaced, so the write was not carried out.',
    remedy: 'Run it again: it plans anew with what is there now.',
  },
  notFound: {
    ...failed,
    code: 'ICE3304',
    title: 'The object is not there',
    meaning: 'The object that the request is about does not exist, or no longer.',
    remedy: 'Run it again: it plans anew with what is there now.',
  },
  namespaceMissing: {
    ...failed,
    code: 'ICE3305',
    title: 'The namespace does not exist',
    meaning: 'Objects can only be created in a namespace that is there.',
    remedy: 'List it under `namespaces:` in the file, or create it with kubectl.',
  },
  namespaceTerminating: {
    ...failed,
    code: 'ICE3306',
    title: 'The namespace is being deleted',
    meaning:
      'Nothing can be created in a namespace that is being deleted. It stays so until the last finalizer in it has ended.',
    remedy:
      'Wait until it is gone; `kubectl get namespace NAME -o yaml` says under status.conditions what it waits for.',
  },
  invalid: {
    ...failed,
    code: 'ICE3307',
    title: 'Kubernetes does not accept the object',
    meaning:
      'The API server found the object invalid, or a field was to change that never may (such as a binding’s roleRef).',
    remedy: 'Change what the message names. What is immutable can only be deleted and created again.',
  },
  denied: {
    ...failed,
    code: 'ICE3308',
    title: 'An admission policy denied it',
    meaning: 'An admission webhook, a validating admission policy or a quota of the cluster refused the object.',
    remedy: 'Ask whoever runs the policy that the message names.',
  },
  webhookDown: {
    ...failed,
    code: 'ICE3309',
    title: 'An admission webhook cannot be called',
    meaning: 'The API server must ask a webhook before it lets this through, and the webhook did not answer.',
    remedy:
      'Get the webhook’s pods running again; `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` lists them.',
  },
  notServed: {
    ...failed,
    code: 'ICE3310',
    title: 'The cluster does not serve this kind of object',
    meaning: 'The API server does not know this API group, version or kind: it is too old, or has it switched off.',
    remedy: 'Use Kubernetes 1.24 or later; `kubectl api-resources` lists what the cluster serves.',
  },
  rejected: {
    ...failed,
    code: 'ICE3311',
    title: 'The API server rejected the request',
    meaning: 'The API server answered with an error that has no code of its own here.',
    remedy: 'See the evidence. If it looks like a fault of this tool, please report it.',
  },
  tokenNotFilled: {
    ...failed,
    code: 'ICE3312',
    title: 'The token Secret has no token',
    meaning:
      'A Secret of type kubernetes.io/service-account-token is filled by the token controller, usually within a second. It stays empty where the service account does not exist or the controller does not run.',
    remedy: 'Check that the service account exists and that kube-controller-manager runs, then run it again.',
  },
  reviewerMissing: {
    ...failed,
    code: 'ICE3313',
    title: 'The reviewer is not there',
    meaning:
      'Vault needs a token of a service account that may ask the API server about other tokens. The account, or the Secret with its token, is missing in the cluster.',
    remedy: 'Make it with `icebreaker reviewer create`, or name the one that is there.',
  },
  stillThere: {
    ...failed,
    code: 'ICE3314',
    title: 'A deleted object is still there',
    meaning: 'The API server has marked the object as deleted, but a finalizer of somebody keeps it.',
    remedy:
      'Look at metadata.finalizers of the object, and at the controller that should take its own away. Then run it again.',
  },
  nothingToForwardTo: {
    ...unreachable,
    code: 'ICE3315',
    title: 'There is no pod to forward to',
    meaning:
      'vault.portForward names a service or a pod in which Vault runs. It is not there, or no pod of it is running and ready.',
    remedy:
      'Look at it with `kubectl --namespace NAMESPACE get services,pods`. A sealed or standby Vault is not ready behind the service `vault-active`.',
  },
  notForwarded: {
    ...unreachable,
    code: 'ICE3316',
    title: 'The API server does not forward the port',
    meaning:
      'The way to a Vault in the cluster leads through the API server and the kubelet of the pod’s node. One of them does not pass the connection on, or a proxy before the API server does not let WebSockets through.',
    remedy: 'Try `kubectl --namespace NAMESPACE port-forward pod/NAME 8200`, which takes the same way.',
  },
} as const satisfies Record<string, CodeRecord>
