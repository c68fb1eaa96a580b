import { bindingsText } from '../../access/bindings.js'
import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'
import { nearest } from '../../catalogue/nearest.js'
import { shellWord } from '../../catalogue/shell-word.js'
import type { Broken } from '../consumers/index.js'
import { check, type AnyCheck, type Problem, type Verdict } from '../contract.js'
import { csiProvider, presented, triedLogins, type Presented } from '../facts/consumer-login.js'
import { consumer, impliedLogins, isUsable, type Met } from '../facts/consumers.js'
import { mounts } from '../facts/vault.js'
import { listing } from '../facts/world.js'
import type { ConsumerSubject } from '../subject.js'
import { placeOf } from './consumer-places.js'

const BROKEN: Readonly<Record<Broken['what'], CodeRecord>> = {
  reference: DOCTOR.consumerReference,
  token: DOCTOR.podWithoutToken,
  injector: DOCTOR.injectorNotCalled,
}

const named = ({ object, namespace, name }: ConsumerSubject): string =>
  `${object} ${namespace === '' ? '' : `${namespace}/`}${name}`

const whoOf = ({ implied: { account } }: Met): string =>
  account === undefined ? 'nobody that can be named' : `${account.namespace}/${account.name}`

/** What a login hangs on: whatever is wrong with those keeps it from passing. */
const restsOnOf = (met: Met): string[] => {
  const { mount, role } = met.implied
  const at = `vault:auth/${mount}`
  return ['vault:', at, `${at}/role/${role}`, `${at}/role/${role} as ${whoOf(met)}`]
}

/** What is wrong with a login that can be read to be wrong: the first thing, as Vault would meet it. */
function wrongWith(subject: ConsumerSubject, met: Met, paths: readonly string[]): Problem | undefined {
  const { way, implied, elsewhere, type, ofCluster, role, accountThere, bound } = met
  if (elsewhere !== undefined) return undefined
  const at = `auth/${implied.mount}`
  const place = placeOf(way)
  const restsOn = restsOnOf(met)
  const spoken = implied.address === undefined ? {} : { 'speaks to': implied.address }
  if (!isUsable(met)) {
    const own =
      implied.noPath !== undefined
        ? `at ${implied.noPath}, which is no auth mount: its path begins with ${place.prefix}`
        : ofCluster !== undefined
          ? `at ${at}, which is that of the cluster ${ofCluster}`
          : `at ${at}, which is ${type === undefined ? 'not there' : `of the type ${type}`}`
    const meant = nearest(at, paths)
    return {
      record: DOCTOR.consumerMount,
      message: `${named(subject)} logs in ${own}.`,
      evidence: {
        way,
        ...spoken,
        'mounts for Kubernetes': paths.join(', ') || 'none',
        ...(meant !== undefined && { nearest: meant }),
      },
      restsOn,
      because: [DOCTOR.mountAbsent.code, DOCTOR.mountWrongType.code],
      remedy: { manual: [`Write the path of this cluster’s auth mount into ${place.mount}, as ${place.prefix}PATH.`] },
    }
  }
  if (role === undefined) {
    return {
      record: DOCTOR.consumerRole,
      message: `${named(subject)} logs in with the role ${implied.role}, which ${at} does not have.`,
      evidence: { way, ...spoken },
      restsOn,
      because: [DOCTOR.roleAbsent.code],
      remedy: {
        manual: [
          `Correct ${place.role}, or make the role: icebreaker role list --path ${implied.mount} shows those that are there.`,
        ],
      },
    }
  }
  if (accountThere === false) {
    const { namespace = '', name = '' } = implied.account ?? {}
    return {
      record: DOCTOR.consumerAccount,
      message: `${named(subject)} uses the service account ${whoOf(met)}, which is not there.`,
      evidence: { way, ...spoken },
      restsOn,
      because: [DOCTOR.boundAccountMissing.code],
      remedy: {
        manual: [`Make the account: kubectl create serviceaccount ${name} -n ${namespace}; or name one that is there.`],
      },
    }
  }
  if (bound === false) {
    return {
      record: DOCTOR.consumerNotBound,
      message: `${named(subject)} logs in as ${whoOf(met)}, whom the role ${implied.role} of ${at} does not let in.`,
      evidence: { way, ...spoken, 'lets in': bindingsText(role.role.bindings) },
      restsOn,
      because: [
        DOCTOR.nameNotBound.code,
        DOCTOR.namespaceNotBound.code,
        DOCTOR.selectorWiped.code,
        DOCTOR.selectorInvalid.code,
      ],
      remedy: {
        manual: [`Bind ${whoOf(met)} in the role ${implied.role}, or let the object use an account that is bound.`],
      },
    }
  }
  return undefined
}

/** Is the token for another audience than the role asks for? */
function wrongAudience(subject: ConsumerSubject, { met, wanted, audiences }: Presented): Problem | undefined {
  if (met.elsewhere !== undefined || audiences === undefined || wanted.length === 0) return undefined
  if (audiences.some((one) => wanted.includes(one))) return undefined
  const { way, implied } = met
  const isOwn = implied.audiences?.length === 0
  return {
    message: `${named(subject)} presents a token for ${isOwn ? 'the API server' : audiences.join(', ')}; the role ${implied.role} asks for ${wanted.join(' or ')}.`,
    evidence: { way, 'role asks for': wanted.join(', '), 'token is for': audiences.join(', ') },
    restsOn: restsOnOf(met),
    because: [DOCTOR.audienceMismatch.code],
    remedy: { manual: [`Set ${placeOf(way).audience}: ${wanted.join(' or ')}.`] },
  }
}

/** What is left to say where nothing was found to be wrong. */
function leftOpen(logins: readonly Met[], unread: readonly string[]): Verdict {
  const elsewhere = logins.flatMap((met) => met.elsewhere ?? [])
  if (elsewhere.length > 0)
    return {
      unknown: `It speaks to ${[...new Set(elsewhere)].join(', ')}: if that is this Vault, vault.podAddress in the file says so.`,
    }
  return unread.length > 0 ? { unknown: unread.join(' ') } : []
}

/** What receives secrets in the clusters: the login that each would do, and doing it. */
export const consumerChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.consumerReference, DOCTOR.podWithoutToken, DOCTOR.injectorNotCalled],
    subject: 'consumer',
    wants: { consumer },
    explains: [DOCTOR.consumerLogin.code],
    judge: (_subject, { consumer: all }) =>
      all.flatMap(({ broken }) =>
        broken.map(({ what, message, evidence, next }): Problem => ({
          record: BROKEN[what],
          message,
          ...(evidence && { evidence }),
          remedy: { manual: next },
        })),
      ),
  }),
  check({
    records: [DOCTOR.consumerMount, DOCTOR.consumerRole, DOCTOR.consumerAccount, DOCTOR.consumerNotBound],
    subject: 'consumer',
    wants: { consumer, logins: impliedLogins, mounts },
    explains: [DOCTOR.consumerLogin.code],
    judge(subject, { consumer: all, logins, mounts: { mounts } }) {
      const paths = Object.entries(mounts).flatMap(([path, { type }]) => (type === 'kubernetes' ? [path] : []))
      const problems = logins.flatMap((met) => wrongWith(subject, met, paths) ?? [])
      return problems.length > 0
        ? problems
        : leftOpen(
            logins,
            all.flatMap(({ unread = [] }) => unread),
          )
    },
  }),
  check({
    records: [DOCTOR.consumerAudience],
    subject: 'consumer',
    wants: { presented },
    explains: [DOCTOR.consumerLogin.code],
    judge: (subject, { presented: all }) => all.flatMap((one) => wrongAudience(subject, one) ?? []),
  }),
  check({
    records: [DOCTOR.consumerLogin],
    subject: 'consumer',
    wants: { tried: triedLogins },
    alike: [DOCTOR.loginRefused.code],
    judge(subject, { tried }) {
      const refused = tried.flatMap(({ met, attempt }) => (attempt.ok ? [] : [{ met, attempt }]))
      const isFar = ({ met: { role } }: (typeof refused)[number]): boolean => (role?.role.cidrs.length ?? 0) > 0
      const near = refused.filter((one) => !isFar(one))
      if (near.length === 0 && refused.length > 0)
        return {
          unknown:
            'The role lets in logins from certain addresses only, and the objects log in from others than this machine.',
        }
      return near.map(({ met, attempt }): Problem => {
        const { way, implied } = met
        const who = whoOf(met)
        const words = ['--path', implied.mount, '--role', implied.role, '--as', who, '--probe']
        return {
          message: `${named(subject)}: the login as ${who} with the role ${implied.role} at auth/${implied.mount} is refused.`,
          evidence: { way, status: attempt.status, said: attempt.said },
          restsOn: restsOnOf(met),
          remedy: {
            manual: [`This names the step that fails: icebreaker doctor login ${words.map(shellWord).join(' ')}`],
          },
        }
      })
    },
  }),
  check({
    records: [DOCTOR.csiCannotAskTokens],
    subject: 'cluster',
    wants: { provider: csiProvider },
    judge: (_cluster, { provider }) =>
      provider?.allowed !== false
        ? []
        : [
            {
              message: `The CSI provider’s account ${provider.account} may not create serviceaccounts/token.`,
              remedy: { manual: [DOCTOR.csiCannotAskTokens.remedy] },
            },
          ],
  }),
  // Objects that nobody may list are objects that nobody has judged.
  check({
    records: [DOCTOR.consumerMount],
    subject: 'cluster',
    wants: { listing },
    judge: (_cluster, { listing: { refused } }) =>
      refused.size === 0
        ? []
        : { unknown: `Not everything that receives secrets could be listed: ${[...refused.keys()].join(', ')}.` },
  }),
]
