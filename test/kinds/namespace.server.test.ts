import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Io } from '../../src/kinds/contract.js'
import { namespace } from '../../src/kinds/namespace.js'
import { refs, type Cluster, type KindRef } from '../../src/kubernetes/index.js'
import { expectSoon, openCluster } from '../operations/scenario.js'
import { startCluster, type ExtraCluster } from '../servers/extra.js'

/** A cluster of its own: kinds that come and go would disturb whoever looks into a namespace meanwhile. */
let server: ExtraCluster
let cluster: Cluster
beforeAll(async () => {
  server = await startCluster({ controllers: false })
  cluster = await openCluster(server.kubeconfig, server.context)
}, 120_000)
afterAll(async () => {
  await cluster.close()
  await server.stop()
})

const DEFINITIONS: KindRef = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
}

/** A kind that is served in these versions of a group. */
async function define(kind: string, group: string, versions: readonly string[]): Promise<void> {
  const singular = kind.toLowerCase()
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await cluster.create(DEFINITIONS, {
    apiVersion: DEFINITIONS.apiVersion,
    kind: DEFINITIONS.kind,
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular },
      versions: versions.map((name, index) => ({ name, served: true, storage: index === 0, schema })),
    },
  })
}

test('a namespace is not empty while there is an object in it that only a version knows which is not preferred', async () => {
  const group = 'test.example.com'
  // The group prefers v1, and Old is not in it.
  await define('New', group, ['v1', 'v1beta1'])
  await define('Old', group, ['v1alpha1'])
  await cluster.create(refs.namespace(''), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app' } })
  const create = async (kind: string, version: string): Promise<void> => {
    await cluster.create(
      { apiVersion: `${group}/${version}`, kind, resource: `${kind.toLowerCase()}s`, namespace: 'app' },
      { apiVersion: `${group}/${version}`, kind, metadata: { name: 'one', namespace: 'app' } },
    )
  }
  // A definition is served a moment after it is made.
  await expectSoon(() => create('Old', 'v1alpha1'), 20)
  await expectSoon(() => create('New', 'v1'), 20)
  const io = { cluster: () => cluster } as unknown as Io
  const contents = await namespace.removal?.contents?.({ cluster: 'test', name: 'app' }, io)
  // Each once, though New is in two versions.
  expect(contents?.filter((address) => /\/one$/.test(address)).sort()).toEqual([
    'k8s:test:New/app/one',
    'k8s:test:Old/app/one',
  ])
})
