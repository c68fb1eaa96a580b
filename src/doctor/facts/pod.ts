import { isIceError } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { redact } from '../../secrets/index.js'
import { refs, type KubernetesObject } from '../../kubernetes/index.js'
import { at, objects, text, type Json } from '../consumers/contract.js'
import { accountOf, containersOf, isAgent, secretsOf, type Consumer } from '../consumers/index.js'
import { fact, type Look } from '../contract.js'
import type { MountSubject } from '../subject.js'
import { clusterOf, version } from './cluster.js'
import { byObject, consumers, isBound, type OfConsumer } from './consumers.js'
import { roles } from './mount.js'

/** The pod itself; undefined where there is none. */
export const pod = fact({
  what: 'the pod',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, look): Promise<KubernetesObject | undefined> {
    await look.ask(version, subject)
    return clusterOf(subject, look).get(refs.pod(subject.namespace, subject.name))
  },
})

/** What makes somebody log in for a pod: itself, and whatever fills the Secrets that it reads. */
export const podWays = fact({
  what: 'the ways by which the pod asks for secrets',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, { ask }): Promise<readonly Consumer[]> {
    const found = await ask(pod, subject)
    if (found === undefined) return []
    const read = secretsOf(found)
    const isIts = ({ object, fills = [] }: Consumer): boolean =>
      fills.some((secret) => read.includes(secret)) ||
      (object.kind === 'Pod' &&
        object.metadata.name === subject.name &&
        object.metadata.namespace === subject.namespace)
    return (await ask(consumers, subject)).filter(isIts)
  },
})

/** A role that lets in the account of a pod. */
export interface Door {
  readonly mount: MountSubject
  readonly role: string
  /** NAMESPACE/NAME */
  readonly account: string
}

/** The roles that let in the account of the pod; every role of each mount is read. */
export const podDoors = fact({
  what: 'the roles that let in the account of the pod',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, { ask }): Promise<readonly Door[]> {
    const found = await ask(pod, subject)
    if (found === undefined) return []
    const who = accountOf(found)
    const account = `${who.namespace}/${who.name}`
    // Whom a role of the method jwt lets in depends on claims.
    const mounts = (subject.doors ?? []).filter(({ method }) => method === 'kubernetes')
    const byMount = await mapBounded(mounts, async (mount) => {
      const fits = await mapBounded([...(await ask(roles, mount))], async ([name, role]) =>
        (await isBound(role, who, subject.cluster, { ask })) ? [name] : [],
      )
      return fits.flat().map((role) => ({ mount, role, account }))
    })
    return byMount.flat()
  },
})

const LONGEST = 300
/** One line of what others wrote, without secrets. */
const oneLine = (...parts: readonly unknown[]): string => {
  const words = parts.flatMap((part) => text(part) ?? []).join(': ')
  const safe = redact(words.replace(/\s+/g, ' '))
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe
}

/** What the cluster says of a pod that does not run: its containers, its conditions, its events. By what says it. */
export const podWords = fact({
  what: 'what the cluster says of the pod',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, look): Promise<Readonly<Record<string, string>>> {
    const found = await look.ask(pod, subject)
    if (found === undefined) return {}
    const status = at(found, 'status')
    const containers = [...objects(status['initContainerStatuses']), ...objects(status['containerStatuses'])]
    const agents = new Set(
      containersOf(found)
        .filter(isAgent)
        .map(({ name }) => name),
    )
    return {
      ...Object.fromEntries(containers.flatMap((one) => wordsOf(one, agents.has(one['name'])))),
      ...Object.fromEntries(
        objects(status['conditions'])
          .filter((one) => one['status'] === 'False' && text(one['message']) !== undefined)
          .map((one) => [`condition ${String(one['type'])}`, oneLine(one['reason'], one['message'])]),
      ),
      ...(await eventsOf(found, subject, look)),
    }
  },
})

/** Why a container waits, or how it ended; of others than the agent only what is no ordinary end. */
function wordsOf(status: Json, isAgent: boolean): [string, string][] {
  const name = `container ${String(status['name'])}`
  const waiting = at(status, 'state', 'waiting')
  const ended = [at(status, 'state', 'terminated'), at(status, 'lastState', 'terminated')].find(
    (one) => one['exitCode'] !== undefined && (isAgent || one['exitCode'] !== 0),
  )
  const isPlain = ['PodInitializing', 'ContainerCreating'].includes(String(waiting['reason']))
  const words = [
    ...(text(waiting['reason']) === undefined || isPlain
      ? []
      : [oneLine('waiting', waiting['reason'], waiting['message'])]),
    ...(ended === undefined || ended['exitCode'] === 0
      ? []
      : [oneLine(`ended with ${String(ended['exitCode'])}`, ended['reason'], ended['message'])]),
  ]
  return words.length === 0 ? [] : [[name, words.join('; ')]]
}

/** Warnings of the last hour, the last of each reason; none where events may not be listed. */
async function eventsOf(found: KubernetesObject, subject: OfConsumer, look: Look): Promise<Record<string, string>> {
  try {
    const kind = { apiVersion: 'v1', kind: 'Event', resource: 'events', namespace: subject.namespace }
    const all = await clusterOf(subject, look).list(kind)
    const own = all.filter(
      (event) => event['type'] === 'Warning' && at(event, 'involvedObject')['uid'] === found.metadata.uid,
    )
    return Object.fromEntries(own.map((event) => [`event ${String(event['reason'])}`, oneLine(event['message'])]))
  } catch (error) {
    if (isIceError(error)) return {}
    throw error
  }
}
