import { isIceError, KUBERNETES, VAULT } from '../catalogue/index.js'
import type { Io } from '../kinds/contract.js'
import type { Lease } from '../kinds/engine.js'
import { ownLabels } from '../kinds/kubernetes-object.js'
import { isExpiredScratch, scratchName } from '../kinds/scratch.js'
import { splitAccount } from '../kinds/service-account.js'
import { refs } from '../kubernetes/index.js'
import type { Secret } from '../secrets/index.js'
import { path, revokeSelf, type Vault, type VaultLogin } from '../vault/index.js'
import { openLease } from './lease.js'

/** The shortest life that Kubernetes gives a token. */
const TOKEN_SECONDS = 600

/** Who has logged in. */
export interface Workload {
  readonly login: VaultLogin
  readonly vault: Vault
  /** The token lasts for a few requests only: none is wasted on what the operator can do. */
  readonly limited: boolean
}

/** Where to log in. */
export interface Door {
  readonly mount: string
  readonly role: string
  /** Of a token of this role; 0: no limit. */
  readonly uses: number
}

/** Everything that verify gets hold of, so that all of it can be given back. */
export interface Borrowed {
  /** A token of a service account; it ends when `giveBack` deletes the Secret that it is bound to. */
  serviceAccountToken(cluster: string, account: string, audiences: readonly string[]): Promise<Secret>
  /** Sees to it that an account is there: one that is missing is made, and taken away again. */
  makeAccount(cluster: string, account: string): Promise<void>
  login(door: Door, jwt: Secret): Promise<Workload>
  lease(id: string, workload: Workload): Lease
  /** Revokes and deletes everything, whatever fails. @returns what could not be given back, for people */
  giveBack(): Promise<readonly string[]>
}

interface Debt {
  readonly what: string
  readonly give: () => Promise<unknown>
}

interface Marker {
  readonly name: string
  readonly uid: string
}

/**
 * TokenRequest tokens cannot be revoked by themselves: each is bound to a marker Secret of ours in its namespace, and ends
 * with it (as soon as the API server's own cache forgets it, some ten seconds).
 */
export function borrow(io: Io, file: string): Borrowed {
  const leases: Debt[] = []
  const others: Debt[] = []
  const markers = new Map<string, Promise<Marker>>()
  const labels = { ...ownLabels(file), ...SCRATCH_LABEL }

  function markerIn(namespace: string, clusterName: string): Promise<Marker> {
    const key = `${clusterName}/${namespace}`
    const known = markers.get(key) ?? makeMarker(namespace, clusterName)
    markers.set(key, known)
    return known
  }

  async function makeMarker(namespace: string, clusterName: string): Promise<Marker> {
    const cluster = io.cluster(clusterName)
    const ref = refs.secret(namespace, scratchName())
    const { name } = ref
    // Nobody else has the name, so what stands under it is ours, also where the answer to the creation was lost.
    const debt = { what: `Secret ${namespace}/${name} on ${clusterName}`, give: () => cluster.delete(ref) }
    try {
      const manifest = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, namespace, labels } }
      const made = await cluster.create(ref, manifest)
      others.push(debt)
      return { name, uid: made.metadata.uid ?? '' }
    } catch (error) {
      if (isIceError(error) && error.code === KUBERNETES.answerLost.code) others.push(debt)
      throw error
    }
  }

  return {
    async serviceAccountToken(clusterName, account, audiences) {
      const { namespace, name } = splitAccount(account)
      const marker = await markerIn(namespace, clusterName)
      const { token } = await io.cluster(clusterName).requestToken({
        namespace,
        serviceAccount: name,
        audiences,
        expirationSeconds: TOKEN_SECONDS,
        boundTo: { kind: 'Secret', apiVersion: 'v1', ...marker },
      })
      return token
    },

    async makeAccount(clusterName, account) {
      const cluster = io.cluster(clusterName)
      const { namespace, name } = splitAccount(account)
      // Kubernetes removes the account with its owner, so also after a run that was killed.
      const owner = { apiVersion: 'v1', kind: 'Secret', ...(await markerIn(namespace, clusterName)) }
      const ref = refs.serviceAccount(namespace, name)
      try {
        const { metadata } = await cluster.create(ref, {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name, namespace, labels, ownerReferences: [owner] },
          automountServiceAccountToken: false,
        })
        const same = metadata.uid === undefined ? undefined : { uid: metadata.uid }
        others.push({
          what: `ServiceAccount ${account} on ${clusterName}`,
          give: () => cluster.delete(ref, same),
        })
      } catch (error) {
        if (!isIceError(error) || error.code !== KUBERNETES.exists.code) throw error
      }
    },

    async login({ mount, role, uses }, jwt) {
      try {
        const login = await io.vault.login(mount, role, jwt)
        const vault = io.vault.withToken(login.token)
        // A batch token has no accessor and cannot be revoked: it is made to end by itself.
        if (login.accessor !== '')
          others.push({ what: `token ${login.accessor} of the role ${role}`, give: () => revoke(io, login, vault) })
        return { login, vault, limited: uses > 0 }
      } catch (error) {
        if (isIceError(error) && error.code === VAULT.outcomeUnknown.code)
          others.push({ what: `a token of the role ${role}`, give: () => Promise.reject(error) })
        throw error
      }
    },

    lease(id, workload) {
      const { lease, giveBack } = openLease(id, workload, io.vault)
      leases.push({ what: `lease ${id}`, give: giveBack })
      return lease
    },

    async giveBack() {
      // A token takes its leases with it, but only after a while.
      const left = [await settle(leases), await settle(others)]
      return left.flat()
    },
  }
}

async function settle(debts: readonly Debt[]): Promise<string[]> {
  const left = await Promise.all(
    debts.map(async ({ what, give }) => {
      try {
        await give()
        return []
      } catch (error) {
        // Also where the time is up: then nothing more can be sent.
        return [`${what}: ${error instanceof Error ? error.message : 'not known why'}`]
      }
    }),
  )
  return left.flat()
}

/** As the workload; where it lacks even the default policy, as the operator. */
async function revoke(io: Io, { accessor }: VaultLogin, vault: Vault): Promise<void> {
  try {
    await revokeSelf(vault)
  } catch (error) {
    if (!isIceError(error)) throw error
    await io.vault.write(path`auth/token/revoke-accessor`, { accessor }, { repeatable: true })
  }
}

const SCRATCH_LABEL = { 'app.kubernetes.io/component': 'scratch' }

/** Removes what earlier runs left behind when they were killed, as far as it may; only what has expired. */
export async function sweep(io: Io, clusterName: string, namespaces: Iterable<string>): Promise<void> {
  const cluster = io.cluster(clusterName)
  const inNamespace = async (namespace: string): Promise<void> => {
    const found = await cluster.list(refs.secret(namespace, ''), 'app.kubernetes.io/component=scratch')
    const expired = found.filter(({ metadata }) => isExpiredScratch(metadata.name))
    await Promise.all(expired.map(({ metadata }) => cluster.delete(refs.secret(namespace, metadata.name))))
  }
  await Promise.all(
    Array.from(namespaces, (namespace) =>
      inNamespace(namespace).catch((error: unknown) => {
        if (!isIceError(error)) throw error
      }),
    ),
  )
}
