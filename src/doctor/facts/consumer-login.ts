import { DOCTOR, IceError, isIceError } from '../../catalogue/index.js'
import { mapBounded } from '../../http/limit.js'
import { claimsOf } from '../../kubernetes/index.js'
import { handedAudiences, isProvider } from '../consumers/index.js'
import { fact, type Look } from '../contract.js'
import { mayDo } from './cluster.js'
import { byObject, concerned, impliedLogins, isUsable, type Met, type OfConsumer } from './consumers.js'
import { audiencesOf } from './role.js'
import type { Attempt } from './workload.js'
import { world, type OfWorld } from './world.js'

/** A login with the audiences of its token; undefined: it is not known, or nobody asks for one. */
export interface Presented {
  readonly met: Met
  /** Any of these the role takes; empty: all. */
  readonly wanted: readonly string[]
  readonly audiences: readonly string[] | undefined
}

/** For what the API server makes tokens where nothing is asked for: its flags say it, and only a token shows it. */
const ownAudiences = fact({
  what: 'the audiences of a token for the API server',
  key: ({ cluster }: { readonly cluster: string; readonly account: string }) => cluster,
  from: 'operator',
  writes: () => 'a ten-minute token of an account that receives secrets, which is removed at the end',
  async fetch({ cluster, account }, { scene }): Promise<readonly string[]> {
    return claimsOf(await scene.borrowed.serviceAccountToken(cluster, account, []))?.audiences ?? []
  },
})

/** For what the tokens are made that the object presents. Only where a role asks for one it is found out. */
export const presented = fact({
  what: 'what the tokens of the object are made for',
  key: byObject,
  from: 'operator',
  async fetch(subject: OfConsumer, look): Promise<readonly Presented[]> {
    const logins = await look.ask(impliedLogins, subject)
    return mapBounded(logins, async (met) => {
      const wanted = met.role === undefined ? [] : audiencesOf(met.role)
      return { met, wanted, audiences: await audiencesFor(met, wanted, subject, look) }
    })
  },
})

async function audiencesFor(
  { implied: { audiences, account: who }, accountThere }: Met,
  wanted: readonly string[],
  { cluster }: OfConsumer,
  { ask }: Look,
): Promise<readonly string[] | undefined> {
  if (audiences === undefined || audiences.length > 0) return audiences
  if (wanted.length === 0 || who === undefined || accountThere !== true) return undefined
  return ask(ownAudiences, { cluster, account: `${who.namespace}/${who.name}` })
}

/** A login as somebody of the cluster does it. */
interface OfDoor {
  readonly cluster: string
  readonly mount: string
  readonly role: string
  /** NAMESPACE/NAME */
  readonly account: string
  readonly audiences: readonly string[]
  /** Of the role’s tokens; 0: no limit. */
  readonly uses: number
}

/** The same login is done once, however many objects make it. */
const knock = fact({
  what: 'a login as an object does it',
  key: ({ cluster, mount, role, account, audiences }: OfDoor) =>
    `${cluster} ${mount}/${role} ${account} ${audiences.join(' ')}`,
  from: 'vault',
  staleForMs: 90_000,
  writes: ({ mount, role, account }: OfDoor) =>
    `a ten-minute token of ${account} and a login with it at auth/${mount} with the role ${role}, both given back at the end`,
  async fetch({ cluster, mount, role, account, audiences, uses }, { scene: { borrowed } }): Promise<Attempt> {
    const jwt = await borrowed.serviceAccountToken(cluster, account, audiences)
    try {
      return { ok: true, workload: await borrowed.login({ mount, role, uses }, jwt) }
    } catch (error) {
      const status = isIceError(error) ? error.details.evidence?.['status'] : undefined
      if (!isIceError(error) || typeof status !== 'number') throw error
      return { ok: false, status, said: String(error.details.evidence?.['said'] ?? error.message), error }
    }
  },
})

/** What came of a login done as the object would do it. */
export interface Tried {
  readonly met: Met
  readonly attempt: Attempt
}

/** The logins that can be done: with a token of the same account, for the same audiences. Those that cannot succeed are not tried. */
export const triedLogins = fact({
  what: 'the logins of the object, done with a token like its own',
  key: byObject,
  from: 'vault',
  staleForMs: 90_000,
  async fetch(subject: OfConsumer, { ask }): Promise<readonly Tried[]> {
    const able = (await ask(presented, subject)).filter(isSound)
    return Promise.all(
      able.map(async ({ met }) => {
        const { mount, role, account: who, audiences = [] } = met.implied
        const account = `${who?.namespace ?? ''}/${who?.name ?? ''}`
        const uses = Number(met.role?.data['token_num_uses'] ?? 0)
        const attempt = await ask(knock, { cluster: subject.cluster, mount, role, account, audiences, uses })
        return { met, attempt }
      }),
    )
  },
})

/** Nothing that can be read keeps it from working. */
function isSound({ met, wanted, audiences }: Presented): boolean {
  const { elsewhere, role, accountThere, bound, implied } = met
  const isReady = elsewhere === undefined && isUsable(met) && role !== undefined && accountThere === true
  const fits = wanted.length === 0 || audiences?.some((one) => wanted.includes(one)) === true
  return isReady && bound !== false && implied.audiences !== undefined && fits
}

/** The account of the CSI provider that has to ask for tokens, and whether it may; undefined where it need not. */
export const csiProvider = fact({
  what: 'the rights of the CSI provider',
  key: ({ cluster, within }: OfWorld) => `${cluster ?? ''} ${within ?? ''}`,
  from: 'operator',
  async fetch(subject: OfWorld, { ask }): Promise<{ readonly account: string; readonly allowed: boolean } | undefined> {
    const [users, seen] = await Promise.all([ask(concerned, subject), ask(world, subject)])
    const logins = users.flatMap(({ way, implied }) => (way === 'csi' ? implied : []))
    const provider = seen.get('DaemonSet')?.find(isProvider)
    if (logins.length === 0 || provider === undefined) return undefined
    if (!seen.has('CSIDriver'))
      throw new IceError(DOCTOR.notThere, { message: 'Whether the CSI driver hands over tokens could not be seen.' })
    const handed = handedAudiences(seen) ?? []
    if (logins.every(({ audiences: [audience = 'vault'] = [] }) => handed.includes(audience))) return undefined
    const { template } = provider['spec'] as { template?: { spec?: { serviceAccountName?: string } } }
    const namespace = provider.metadata.namespace ?? ''
    const name = template?.spec?.serviceAccountName ?? 'default'
    const query = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token' }
    const user = `system:serviceaccount:${namespace}:${name}`
    const { allowed } = await ask(mayDo, { cluster: subject.cluster, user, query })
    return { account: `${namespace}/${name}`, allowed }
  },
})
