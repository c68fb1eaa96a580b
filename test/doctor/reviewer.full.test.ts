import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileInput } from '../../src/config/schema.js'
import { refs } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { openCluster, type Scenario } from '../operations/scenario.js'
import { startCluster, startVault, type ExtraCluster, type ExtraVault } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { writeConfig } from './front.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

const MINUTES = 60_000

type Auth = FileInput['clusters'][string]['auth']

const trust =
  (reviewer: (id: string) => object, more: object = {}) =>
  (scenario: Scenario): FileInput => {
    const plain = smallTrust(scenario)
    const demo = plain.clusters['demo']!
    const auth = { ...demo.auth, reviewer: reviewer(scenario.id) } as Auth
    return { ...plain, clusters: { demo: { ...demo, auth, ...more } } }
  }

describe.each(['secret', 'bound'] as const)('a new token by icebreaker reviewer rotate, mode %s', (token) => {
  let patient: Patient
  beforeAll(async () => {
    patient = await openPatient(trust((id) => ({ namespace: `${id}-auth`, serviceAccount: 'reviewer', token })))
  })
  afterAll(() => patient.close())

  test(
    'in place of one that is not known',
    async () => {
      await writeConfig(patient, { token_reviewer_jwt: 'not.a.token' })
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9217'])
      await patient.follow(findingOf(result, 'ICE9217'))
      expect(codes(await patient.examine())).toEqual([])
    },
    2 * MINUTES,
  )

  test(
    'in place of one whose Secret is gone',
    async () => {
      const { mark } = (await patient.inventory()).objects[`vault:auth/${patient.id}/config`]!
      const { boundTo, tokenSecret } = mark as { boundTo?: string; tokenSecret?: string }
      await patient.cluster.delete(refs.secret(`${patient.id}-auth`, boundTo ?? tokenSecret!))
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9206'])
      await patient.follow(findingOf(result, 'ICE9206'))
      expect(codes(await patient.examine())).toEqual([])
    },
    2 * MINUTES,
  )

  test(
    'after the account was made anew',
    async () => {
      const account = refs.serviceAccount(`${patient.id}-auth`, 'reviewer')
      await patient.cluster.delete(account)
      const metadata = { name: 'reviewer', namespace: `${patient.id}-auth` }
      // Times are told in whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 2500))
      await patient.cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9205'])
      await patient.follow(findingOf(result, 'ICE9205'))
      expect(codes(await patient.examine())).toEqual([])
    },
    2 * MINUTES,
  )
})

/** Vault sees a folder of ours where a pod has its token: in a mount namespace of its own. */
const inPod = (folder: string): readonly [string, ...string[]] => [
  '/usr/bin/unshare',
  '--mount',
  '--propagation',
  'private',
  '/bin/sh',
  '-ec',
  'mount -t tmpfs none /run; mkdir -p /run/secrets/kubernetes.io/serviceaccount; mount --bind "$0" /run/secrets/kubernetes.io/serviceaccount; exec "$@"',
  folder,
]

const canUnshare = spawnSync('/usr/bin/unshare', ['--mount', '/bin/true']).status === 0
const inNamespaces = canUnshare ? describe : describe.skip

inNamespaces('pod: Vault has the token of the pod that it runs in', () => {
  let folder: string
  let vault: ExtraVault
  let other: ExtraCluster
  let patient: Patient

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'icebreaker-pod-'))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'ca.crt'), readFileSync(servers().apiServerCA))
    writeFileSync(join(folder, 'token'), 'none yet')
    ;[vault, other] = await Promise.all([startVault({ through: inPod(folder) }), startCluster()])
    const pod = (id: string) => ({ namespace: `${id}-auth`, serviceAccount: 'reviewer', token: 'pod' })
    patient = await openPatient(
      (scenario) => {
        const file = trust(pod, { apiServer: servers().apiServer })(scenario)
        return { ...file, serviceAccounts: [...file.serviceAccounts!, `${scenario.id}-auth/reviewer`] }
      },
      { vaultAddress: vault.address, vaultCaFile: vault.caFile, token: vault.token },
    )
  }, 3 * MINUTES)
  afterAll(async () => {
    await patient.close()
    await Promise.all([vault.stop(), other.stop()])
    rmSync(folder, { recursive: true })
  })

  /** Vault reads its token once a minute, so it is started anew. */
  async function restartedWith(token: Secret): Promise<void> {
    await vault.stop()
    writeFileSync(join(folder, 'token'), Secret.reveal(token))
    await vault.start()
  }

  const asked = (namespace: string, serviceAccount: string) => ({
    namespace,
    serviceAccount,
    audiences: [],
    expirationSeconds: 3600,
  })

  test(
    'a healthy trust, and one whose pod is of another cluster: ICE9202',
    async () => {
      const own = await patient.cluster.requestToken(asked(`${patient.id}-auth`, 'reviewer'))
      await restartedWith(own.token)
      const healthy = await patient.examine()
      expect(codes(healthy).filter((code) => !code.startsWith('ICE90'))).toEqual([])

      const elsewhere = await openCluster(other.kubeconfig, other.context)
      const account = refs.serviceAccount('default', 'vault')
      const metadata = { name: 'vault', namespace: 'default' }
      await elsewhere.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
      const foreign = await elsewhere.requestToken(asked('default', 'vault'))
      await elsewhere.close()
      await restartedWith(foreign.token)
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9202'])
      expect(findingOf(result, 'ICE9202').remedy.text).toContain('reviewer.token')
    },
    3 * MINUTES,
  )
})

test('ICE9201: pod, where Vault runs in none', async () => {
  const pod = (id: string) => ({ namespace: `${id}-auth`, serviceAccount: 'reviewer', token: 'pod' })
  const patient = await openPatient((scenario) => {
    const file = trust(pod, { apiServer: servers().apiServer })(scenario)
    return { ...file, serviceAccounts: [...file.serviceAccounts!, `${scenario.id}-auth/reviewer`] }
  })
  try {
    expect(errors(await patient.examine())).toEqual(['ICE9201'])
  } finally {
    await patient.close()
  }
})

const onVault = () => servers().product === 'vault'

describe('annotations as metadata (HashiCorp Vault only)', () => {
  let patient: Patient
  beforeAll(async () => {
    if (!onVault()) return
    patient = await openPatient((scenario) => {
      const plain = smallTrust(scenario)
      const demo = plain.clusters['demo']!
      const auth = { ...demo.auth, useAnnotationsAsAliasMetadata: true } as Auth
      return { ...plain, clusters: { demo: { ...demo, auth } } }
    })
  })
  afterAll(async () => {
    if (onVault()) await patient.close()
  })

  test('ICE9215: the reviewer may not read accounts; ICE9216: an annotation is reserved', async () => {
    if (!onVault()) return
    const result = await patient.examine()
    expect(errors(result)).toEqual(['ICE9215'])
    await patient.follow(findingOf(result, 'ICE9215'))
    expect(codes(await patient.examine())).toEqual([])

    const app = refs.serviceAccount(`${patient.id}-app`, 'app')
    await patient.cluster.apply(app, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: 'app',
        namespace: `${patient.id}-app`,
        annotations: { 'vault.hashicorp.com/alias-metadata-service_account_uid': 'x' },
      },
    })
    const reserved = await patient.examine()
    expect(errors(reserved)).toEqual(['ICE9216'])
    await patient.follow(findingOf(reserved, 'ICE9216'))
    expect(codes(await patient.examine())).toEqual([])
    const name = `vault-reviewer-reads-serviceaccounts:${patient.id}-auth:reviewer`
    await patient.cluster.delete(refs.clusterRoleBinding(name))
    await patient.cluster.delete({
      ...refs.clusterRoleBinding(name),
      kind: 'ClusterRole',
      resource: 'clusterroles',
    })
  })
})
