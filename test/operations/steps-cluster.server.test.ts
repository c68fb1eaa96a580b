import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { APPLY } from '../../src/catalogue/index.js'
import { refs } from '../../src/kubernetes/index.js'
import { clusterCa } from '../../src/operations/cluster-ca.js'
import { clusterInspect } from '../../src/operations/cluster-inspect.js'
import { reviewer } from '../../src/operations/steps/reviewer.js'
import { servers } from '../servers/index.js'
import { nobodysKubeconfig, noVault, openSteps, refused, type Steps } from './steps.js'

let steps: Steps
/** Nothing listens there. */
const CLOSED = 'https://127.0.0.1:1'

beforeAll(async () => {
  steps = await openSteps()
})
afterAll(() => steps.close())

const notes = () => steps.events.splice(0).flatMap((event) => (event.type === 'note' ? [event] : []))

test('the CA is proven by a handshake, and told with whose it is', async () => {
  notes()
  const { apiServer, apiServerCA } = servers()
  const found = await clusterCa(steps.look())
  expect(found).toMatchObject({
    operation: 'cluster ca',
    cluster: 'demo',
    apiServer,
    caFrom: 'kubeconfig',
    proof: { by: 'operator' },
    certificate: { sans: expect.arrayContaining(['IP Address:127.0.0.1']), ca: false },
  })
  expect(found.ca.trim()).toBe(readFileSync(apiServerCA, 'utf8').trim())
  const [ca] = found.caCertificates
  expect(found.certificate?.issuer).toBe(ca?.subject)
  const told = notes().map(({ text }) => text)
  expect(told).toEqual([
    expect.stringContaining(`SHA-256 ${ca?.fingerprint256 ?? '?'}`),
    expect.stringContaining(`Proven: the certificate of ${apiServer}`),
  ])
})

test('a source or a file can be named; one that does not fit is refused, with the flags to mend it', async () => {
  const { apiServerCA, caFile } = servers()
  const of = (apiServerCA: unknown) => clusterCa(steps.look({ section: { apiServerCA } }))
  expect(await of('rootConfigMap')).toMatchObject({ caFrom: 'rootConfigMap', proof: { by: 'operator' } })
  expect(await of({ file: apiServerCA })).toMatchObject({ caFrom: 'file', proof: { by: 'operator' } })
  const told = await refused(of({ file: caFile }))
  expect(told).toMatchObject({ code: APPLY.caRefused.code, exit: 2 })
  expect(told.next.join(' ')).toMatch(/--api-server-ca.*--api-server/)
})

test('an address that cannot be reached from here proves nothing, and that is said', async () => {
  notes()
  const found = await clusterCa(steps.look({ section: { apiServer: CLOSED } }))
  expect(found).toMatchObject({
    apiServer: CLOSED,
    proof: { by: 'vault', because: expect.stringContaining('refused') },
  })
  expect(found.certificate).toBeUndefined()
  expect(notes()).toContainEqual(
    expect.objectContaining({ level: 'warning', text: expect.stringContaining('Not proven') }),
  )
})

test('a cluster is inspected without a Vault', async () => {
  const options = steps.look()
  noVault()
  const found = await clusterInspect({ ...options, probe: false })
  expect(found).toMatchObject({
    operation: 'cluster inspect',
    server: servers().apiServer,
    version: expect.stringMatching(/^v1\.\d+/),
    trust: { proof: { by: 'operator' } },
    tokens: { issuer: expect.stringMatching(/^https:/), algorithms: ['RS256'] },
    reviewer: { namespace: `${steps.id}-auth`, missing: expect.arrayContaining([expect.stringContaining('Secret')]) },
  })
  expect(Math.abs(found.clockAhead ?? 99)).toBeLessThan(5)
  expect(found.audiences).toBeUndefined()
})

test('--probe sees the audiences, and leaves nothing behind', async () => {
  await steps.step(reviewer, '', {})
  const found = await clusterInspect({ ...steps.look(), probe: true })
  expect(found.reviewer?.missing).toEqual([])
  expect(found.audiences).toEqual([found.tokens?.issuer])
  const left = await steps.cluster.list(refs.secret(`${steps.id}-auth`, ''), 'app.kubernetes.io/component=scratch')
  expect(left).toEqual([])
})

test('a CA that does not fit is a part of the picture, not the end of it', async () => {
  const section = { apiServerCA: { file: servers().caFile } }
  const found = await clusterInspect({ ...steps.look({ section }), probe: false })
  expect(found.trust).toBeUndefined()
  expect(found.refused?.code).toBe(APPLY.caRefused.code)
  expect(found.version).toMatch(/^v1\./)
})

test('somebody who may do nothing sees what he may', async () => {
  const kubeconfig = await nobodysKubeconfig(steps)
  const found = await clusterInspect({ ...steps.look(), kubeconfig, probe: false })
  expect(found.reviewer?.account.unknown).toContain('may not get')
  // Kubernetes lets every service account read that.
  expect(found.tokens?.issuer).toMatch(/^https:/)
})
