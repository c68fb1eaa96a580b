import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KUBERNETES } from '../../src/catalogue/index.js'
import { refs, type Cluster } from '../../src/kubernetes/index.js'
import { Secret } from '../../src/secrets/index.js'
import { openCluster } from '../operations/scenario.js'
import { servers } from '../servers/index.js'

let cluster: Cluster
const ANYTHING = { verb: '*', group: '*', resource: '*' }

beforeAll(async () => {
  cluster = await openCluster(servers().kubeconfig, servers().context)
})
afterAll(() => cluster.close())

const tokenFor = async (...audiences: string[]): Promise<Secret> => {
  const request = { namespace: 'default', serviceAccount: 'default', audiences, expirationSeconds: 600 }
  return (await cluster.requestToken(request)).token
}

test('what the holder of a token may do is asked as that holder, not as the administrator', async () => {
  expect(await cluster.can([ANYTHING])).toEqual([true])
  const own = { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' }
  expect(await cluster.can([ANYTHING, own], await tokenFor())).toEqual([false, true])
})

test('a token that the API server does not accept is told so', async () => {
  const refused = { code: KUBERNETES.unauthorized.code }
  await expect(cluster.can([ANYTHING], await tokenFor('elsewhere'))).rejects.toMatchObject(refused)
  await expect(cluster.can([ANYTHING], new Secret('no-token'))).rejects.toMatchObject(refused)
  // Nothing of it sticks to the administrator's own connections.
  expect(await cluster.get(refs.namespace('default'))).toBeDefined()
})

test('the keys of the issuer are those that sign', async () => {
  const key = createPublicKey(readFileSync(servers().signingKey, 'utf8')).export({ type: 'spki', format: 'pem' })
  expect(await cluster.tokenKeys()).toEqual([key])
})
