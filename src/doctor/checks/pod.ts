import { DOCTOR } from '../../catalogue/index.js'
import { accountOf } from '../consumers/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { pod, podDoors, podWays, podWords } from '../facts/pod.js'
import { listing } from '../facts/world.js'
import type { ConsumerSubject } from '../subject.js'
import { kubectl } from './role-words.js'

const { podNotThere, podAsksNothing, podLetInNowhere, podSays } = DOCTOR

/** The pod that somebody asks about, not what else receives secrets for it. */
const isAsked = ({ doors }: ConsumerSubject): boolean => doors !== undefined

/** One pod: is it there, does it ask for secrets, and what does the cluster itself say of it? */
export const podChecks: readonly AnyCheck[] = [
  check({
    records: [podNotThere],
    subject: 'consumer',
    wants: { pod },
    applies: isAsked,
    judge: ({ namespace, name, cluster }, { pod }, scene) =>
      pod !== undefined
        ? []
        : [
            {
              message: `There is no pod ${namespace}/${name}.`,
              remedy: {
                commands: [kubectl(['get', 'pods', '--namespace', namespace], cluster, scene)],
                text: 'See which pods there are:',
              },
            },
          ],
  }),
  check({
    records: [podAsksNothing, podLetInNowhere],
    subject: 'consumer',
    wants: { pod, ways: podWays, doors: podDoors, listing },
    applies: isAsked,
    judge(subject, { pod, ways, doors, listing: { refused } }) {
      if (pod === undefined || ways.length > 0) return []
      if (refused.size > 0)
        return {
          unknown: `Whether it asks for secrets cannot be told: ${[...refused.keys()].join(', ')} may not be listed.`,
        }
      const { namespace, name } = accountOf(pod)
      const who = `${namespace}/${name}`
      const mounts = (subject.doors ?? []).map(({ mount }) => `auth/${mount}`).join(', ') || 'none'
      if (mounts === 'none') return { unknown: 'There is no auth mount at which its account could log in.' }
      const roles = doors.map(({ mount: { mount }, role }) => `auth/${mount}/role/${role}`)
      const asks = `Pod ${subject.namespace}/${subject.name} asks for secrets by no way that doctor knows`
      if (roles.length === 0 && subject.doors?.some(({ method }) => method === 'jwt') === true)
        return { unknown: 'Whom roles of the method jwt let in depends on the claims of the token.' }
      if (roles.length === 0)
        return [
          {
            record: podLetInNowhere,
            message: `${asks}, and no role lets in its service account ${who}.`,
            evidence: { 'auth mounts': mounts },
            remedy: { manual: [podLetInNowhere.remedy] },
          },
        ]
      return [
        {
          message: `${asks}. Its service account is ${who}; the logins of that account were examined.`,
          evidence: { 'let in by': roles.join(', ') },
          remedy: { manual: [podAsksNothing.remedy] },
        },
      ]
    },
  }),
  check({
    records: [podSays],
    subject: 'consumer',
    wants: { words: maybe(podWords) },
    applies: isAsked,
    judge: ({ namespace, name, cluster }, { words }, scene) => {
      const evidence = words.known ? words.value : {}
      if (Object.keys(evidence).length === 0) return []
      return [
        {
          message: `This is what the cluster says of Pod ${namespace}/${name}.`,
          evidence,
          remedy: {
            commands: [kubectl(['describe', 'pod', name, '--namespace', namespace], cluster, scene)],
            text: 'All of it:',
          },
        },
      ]
    },
  }),
]
