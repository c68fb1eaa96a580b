import { expect, test } from '@jest/globals'
import { clusterRoleBinding } from '../../src/kinds/cluster-role-binding.js'
import type { Io } from '../../src/kinds/contract.js'
import { ownLabels } from '../../src/kinds/kubernetes-object.js'
import { namespace } from '../../src/kinds/namespace.js'

/** A fake cluster with one object. */
async function observed(metadata: object, more: object = {}) {
  const object = { metadata: { name: 'app', uid: 'u', ...metadata }, ...more }
  const io = {
    cluster: () => ({ get: () => Promise.resolve(object) }),
    shared: (_key: string, load: () => unknown) => load(),
  } as unknown as Io
  return (await namespace.read({ cluster: 'demo', name: 'app' }, io))!
}

/** What the API server keeps of a server-side apply. */
const applied = (labels: object, annotations: object = {}, manager = 'icebreaker') => ({
  manager,
  operation: 'Apply',
  fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, ...labels }, 'f:annotations': annotations } },
})

const desired = (labels: Record<string, string> = {}, annotations?: Record<string, string>) => ({
  labels: { ...labels, ...ownLabels('test') },
  ...(annotations && { annotations }),
})

test('labels and annotations of others are not compared, ours are', async () => {
  const seen = await observed({
    labels: { ...ownLabels('test'), theirs: 'x', team: 'b' },
    annotations: { theirs: 'y' },
  })
  expect(namespace.diff(desired(), seen)).toEqual([])
  expect(namespace.diff(desired({ team: 'a' }, { note: 'n' }), seen)).toEqual([
    { field: 'labels', from: { team: 'b', ...ownLabels('test') }, to: desired({ team: 'a' }).labels },
    { field: 'annotations', from: {}, to: { note: 'n' } },
  ])
})

test('a label or an annotation that we applied and the file no longer has is to go', async () => {
  const metadata = {
    labels: { ...ownLabels('test'), team: 'a', theirs: 'x' },
    annotations: { note: 'n', theirs: 'y' },
    managedFields: [
      applied({ 'f:theirs': {} }, {}, 'helm'),
      applied({ 'f:team': {}, 'f:app.kubernetes.io/managed-by': {}, 'f:vault-icebreaker/file': {} }, { 'f:note': {} }),
    ],
  }
  const seen = await observed(metadata)
  expect(namespace.diff(desired(), seen).map(({ field, from }) => [field, from])).toEqual([
    ['labels', { ...ownLabels('test'), team: 'a' }],
    ['annotations', { note: 'n' }],
  ])
  expect(namespace.diff(desired({ team: 'a' }, { note: 'n' }), seen)).toEqual([])
})

test('a shared object of somebody else, or of another file, needs none of our labels', async () => {
  const theirs = [
    await observed({ labels: { team: 'b' } }),
    await observed({
      labels: ownLabels('another'),
      managedFields: [applied({ 'f:app.kubernetes.io/managed-by': {}, 'f:vault-icebreaker/file': {} })],
    }),
  ]
  for (const seen of theirs) {
    expect(namespace.diff(desired(), seen)).toEqual([])
    expect(namespace.diff(desired({ wanted: 'x' }), seen)).toHaveLength(1)
  }
  expect(theirs.map((seen) => namespace.owner?.(seen).file)).toEqual([undefined, 'another'])
})

test('of a Secret nothing is looked at but what is applied', async () => {
  const seen = await observed({ labels: {} }, { data: { token: 'x' }, type: 'Opaque' })
  expect(JSON.stringify(seen)).not.toContain('token')
})

test('a binding asks for the right to bind the role, which nobody may give away otherwise', () => {
  const { write } = clusterRoleBinding.calls({ cluster: 'demo', name: 'x' }, {})
  expect(
    write.map(
      (call) => call.api === 'kubernetes' && `${call.access.verb} ${call.access.resource} ${call.access.name ?? ''}`,
    ),
  ).toEqual(['create clusterrolebindings x', 'patch clusterrolebindings x', 'bind clusterroles system:auth-delegator'])
})
