import type { KubernetesObject } from '../../kubernetes/index.js'
import { at, objects, placeOf, text, type Broken, type Json, type World } from './contract.js'
import { selects } from './selector.js'

/** A pod that asks for the agent, and that no webhook has changed: why, as far as the webhooks show it. Pure. */
export function notCalled(pod: KubernetesObject, world: World): Broken {
  const listed = world.get('MutatingWebhookConfiguration')
  const own = (listed ?? []).flatMap((configuration) =>
    objects(configuration['webhooks'])
      .filter(isInjectors)
      .map((webhook) => ({ name: configuration.metadata.name, webhook })),
  )
  const isRegistered = own.length > 0 || listed === undefined
  return {
    what: 'injector',
    message: `The Pod ${placeOf(pod)} asks for the agent, and was made without it: no webhook changed it.`,
    evidence: {
      webhooks:
        listed === undefined
          ? 'may not be listed'
          : own.map((one) => one.name).join(', ') || 'none of the injector is registered',
      ...own.map(({ webhook }) => whyNot(webhook, pod, world)).reduce((all, one) => ({ ...all, ...one }), {}),
    },
    next: [
      isRegistered
        ? 'See that the injector’s webhook answers and selects this pod, then make the pod anew: a pod is changed only when it is made.'
        : 'Install the injector (vault-k8s), then make the pod anew.',
    ],
  }
}

/** vault-k8s and openbao-k8s call theirs so. */
const isInjectors = (webhook: Json): boolean =>
  /vault\.hashicorp\.com|agent-injector|openbao/.test(String(webhook['name']))

/** What of a webhook's own rules leaves this pod out, and what happens where it cannot be called. */
function whyNot(webhook: Json, pod: KubernetesObject, world: World): Record<string, string> {
  const { namespace = '', labels = {} } = pod.metadata
  const home = world.get('Namespace')?.find(({ metadata }) => metadata.name === namespace)
  const own = { 'kubernetes.io/metadata.name': namespace, ...home?.metadata.labels }
  return {
    ...(home !== undefined &&
      !selects(at(webhook, 'namespaceSelector'), own) && {
        'namespace is not selected': JSON.stringify(at(webhook, 'namespaceSelector')),
      }),
    ...(!selects(at(webhook, 'objectSelector'), labels) && {
      'pod is not selected': JSON.stringify(at(webhook, 'objectSelector')),
    }),
    failurePolicy: text(webhook['failurePolicy']) ?? 'Fail',
  }
}
