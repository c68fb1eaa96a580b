import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { KUBERNETES, USAGE } from '../../src/catalogue/index.js'
import { isExpiredScratch } from '../../src/kinds/scratch.js'
import { refs, reviews } from '../../src/kubernetes/index.js'
import { reviewerShow } from '../../src/operations/reviewer-show.js'
import { reviewerToken } from '../../src/operations/reviewer-token.js'
import { reviewer } from '../../src/operations/steps/reviewer.js'
import { Secret, Shown } from '../../src/secrets/index.js'
import { changed, nobodysKubeconfig, noVault, openSteps, refused, type Steps } from './steps.js'

let steps: Steps

beforeAll(async () => {
  steps = await openSteps()
})
afterAll(() => steps.close())

/** Who the API server takes the bearer of a token for. */
async function authenticated(token: string | Secret): Promise<string | undefined> {
  const answer = await steps.cluster.create(reviews.token, {
    apiVersion: reviews.token.apiVersion,
    kind: reviews.token.kind,
    spec: { token },
  })
  return (answer['status'] as { user?: { username?: string } }).user?.username
}

test('it is made without a Vault, in the namespace that is said, and made only once', async () => {
  const namespace = `${steps.id}-own`
  const name = `icebreaker:${namespace}:r`
  const create = () => {
    const options = steps.options(reviewer, '', { namespace, serviceAccount: 'r', token: 'secret' })
    noVault()
    // The file names a Vault; even that is not asked for a token.
    return import('../../src/operations/step.js').then(({ step }) => step(options))
  }
  expect(changed(await create())).toEqual({
    // Where the record is, whatever reviewer is meant.
    [`k8s:demo:Namespace/${steps.id}-auth`]: 'create',
    [`k8s:demo:Namespace/${namespace}`]: 'create',
    [`k8s:demo:ServiceAccount/${namespace}/r`]: 'create',
    [`k8s:demo:ClusterRoleBinding/${name}`]: 'create',
    [`k8s:demo:Secret/${namespace}/r-token`]: 'create',
  })
  const again = await create()
  expect([changed(again), again.outcomes]).toEqual([{}, []])
  expect((await steps.inventory()).vault).toBeUndefined()
  noVault()
  const shown = await reviewerShow(withoutVault({ reviewer: { namespace, serviceAccount: 'r' } }))
  expect(shown).toMatchObject({
    account: { exists: true, owner: steps.id },
    binding: { name, exists: true, owner: steps.id },
    mayReview: true,
    secret: { exists: true, filled: true, claims: { subject: `system:serviceaccount:${namespace}:r` } },
    missing: [],
  })
  expect(shown.secret.claims?.expiresAt).toBeUndefined()
})

function withoutVault(auth: object) {
  const options = steps.look({}, auth)
  noVault()
  return options
}

test('of a bound one there is no Secret, and none is missed', async () => {
  const section = { namespace: `${steps.id}-bound`, serviceAccount: 'r', token: 'bound' }
  const made = changed(await steps.step(reviewer, '', section))
  expect(Object.keys(made).some((address) => address.includes('Secret'))).toBe(false)
  const shown = await reviewerShow(steps.look({}, { reviewer: section }))
  expect([shown.mode, shown.secret.exists, shown.missing]).toEqual(['bound', false, []])
})

test('which tokens there can be is said by the schema; of one that nobody has none is made', () => {
  expect(reviewer.fields.find(({ name }) => name === 'token')?.options).toEqual(['secret', 'bound', 'pod'])
})

test('where nothing is, all of it lacks', async () => {
  const shown = await reviewerShow(steps.look({}, { reviewer: { namespace: `${steps.id}-none`, serviceAccount: 'r' } }))
  expect(shown).toMatchObject({ account: { exists: false }, mayReview: false, secret: { exists: false } })
  expect(shown.missing).toEqual([
    `the service account ${steps.id}-none/r`,
    expect.stringContaining('a ClusterRoleBinding of the account to system:auth-delegator'),
    `the Secret ${steps.id}-none/r-token with its token`,
  ])
})

test('a binding of another name does, a Secret of another type does not', async () => {
  const namespace = `${steps.id}-hand`
  const { cluster } = steps
  await cluster.create(refs.namespace(namespace), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  await cluster.create(refs.serviceAccount(namespace, 'r'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'r', namespace },
  })
  // Named so that the scenario removes it.
  const binding = `icebreaker:${steps.id}:by-hand`
  await cluster.create(refs.clusterRoleBinding(binding), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: binding },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name: 'r', namespace }],
  })
  await cluster.create(refs.secret(namespace, 'r-token'), {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: 'r-token', namespace },
    stringData: { token: 'no-token' },
  })
  const shown = await reviewerShow(steps.look({}, { reviewer: { namespace, serviceAccount: 'r' } }))
  expect(shown).toMatchObject({ binding: { exists: false }, mayReview: true })
  expect(shown.account.owner).toBeUndefined()
  expect(shown.missing).toEqual([
    `the Secret ${namespace}/r-token with its token: it is of the type Opaque, not kubernetes.io/service-account-token`,
  ])
})

test('what may not be read is not known, which is not the same as missing', async () => {
  const shown = await reviewerShow({ ...steps.look(), kubeconfig: await nobodysKubeconfig(steps) })
  for (const part of [shown.account, shown.binding, shown.secret]) {
    expect(part).toMatchObject({ exists: false, unknown: expect.stringContaining('nobody may not get') })
  }
  expect([shown.mayReview, shown.missing]).toEqual([undefined, []])
})

test('the token of its Secret is sealed in the result, and opened only where that is asked for', async () => {
  const auth = await made('tok')
  const options = { ...steps.look({}, auth), showSecret: false }
  const masked = await reviewerToken(options)
  expect(masked).toMatchObject({ from: 'secret', secret: 'r-token', ended: false })
  expect(JSON.stringify(masked)).not.toContain('eyJ')
  expect(masked.token).toBeInstanceOf(Secret)
  expect(await authenticated(masked.token as Secret)).toBe(`system:serviceaccount:${steps.id}-tok:r`)
  const shown = await reviewerToken({ ...options, showSecret: true })
  expect(Shown.text(shown.token as Shown)).toBe(Secret.reveal(masked.token as Secret))
})

async function made(name: string, token: 'secret' | 'bound' = 'secret') {
  const section = { namespace: `${steps.id}-${name}`, serviceAccount: 'r', token }
  await steps.step(reviewer, '', section)
  return { reviewer: section }
}

test('a file gets the token alone, for its owner alone; no file is replaced and no link followed', async () => {
  const options = { ...steps.look({}, await made('file')), showSecret: false }
  const secretOut = join(steps.folder, 'token')
  const { savedTo, token } = await reviewerToken({ ...options, secretOut })
  expect(savedTo).toBe(secretOut)
  expect(readFileSync(secretOut, 'utf8')).toBe(Secret.reveal(token as Secret))
  expect(lstatSync(secretOut).mode & 0o777).toBe(0o600)

  const link = join(steps.folder, 'link')
  const target = join(steps.folder, 'target')
  symlinkSync(target, link)
  writeFileSync(join(steps.folder, 'mine'), 'mine')
  for (const name of ['link', 'mine']) {
    const told = await refused(reviewerToken({ ...options, secretOut: join(steps.folder, name) }))
    expect(told).toMatchObject({ code: USAGE.secretNotSaved.code, exit: 2 })
  }
  expect(readFileSync(join(steps.folder, 'mine'), 'utf8')).toBe('mine')
  expect(() => lstatSync(target)).toThrow('ENOENT')
})

test('without a token in its Secret, what makes one is named, and no empty file is left', async () => {
  const secretOut = join(steps.folder, 'never')
  const options = steps.look({}, { reviewer: { namespace: `${steps.id}-void`, serviceAccount: 'r' } })
  const told = await refused(reviewerToken({ ...options, showSecret: false, secretOut }))
  expect(told).toMatchObject({ code: KUBERNETES.reviewerMissing.code, exit: 1 })
  expect(told.next.join(' ')).toMatch(/reviewer create.*--duration/)
  expect(() => lstatSync(secretOut)).toThrow('ENOENT')
})

test('a short-lived token ends with its Secret: at once where nobody is given it', async () => {
  const auth = await made('short', 'bound')
  const namespace = `${steps.id}-short`
  const options = { ...steps.look({}, auth), duration: 1200 }
  const masked = await reviewerToken({ ...options, showSecret: false })
  expect(masked).toMatchObject({ from: 'TokenRequest', ended: true })
  expect(await steps.cluster.get(refs.secret(namespace, masked.secret))).toBeUndefined()
  expect(await authenticated(masked.token as Secret)).toBeUndefined()

  const kept = await reviewerToken({ ...options, showSecret: true })
  expect(kept).toMatchObject({ ended: false, claims: { boundTo: { kind: 'Secret', name: kept.secret } } })
  expect(await authenticated(Shown.text(kept.token as Shown))).toBe(`system:serviceaccount:${namespace}:r`)
  const lives = Date.parse(kept.claims!.expiresAt!) - Date.parse(kept.claims!.issuedAt!)
  expect(lives).toBe(1200_000)
  // Whoever tidies up later may remove it when the token is over, and not before.
  expect(isExpiredScratch(kept.secret, Date.now() + 1100_000)).toBe(false)
  expect(isExpiredScratch(kept.secret, Date.now() + 1300_000)).toBe(true)
})

test('less than Kubernetes issues is a wrong usage, before anything is asked', async () => {
  const asked = () => reviewerToken({ ...steps.look(), showSecret: false, duration: 599, kubeconfig: '/nonexistent' })
  expect(await refused((async () => asked())())).toMatchObject({ code: USAGE.wrongUsage.code, exit: 2 })
})

test('an account that is not there leaves no Secret behind', async () => {
  const namespace = `${steps.id}-gone`
  await steps.cluster.create(refs.namespace(namespace), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  const auth = { reviewer: { namespace, serviceAccount: 'nosuch' } }
  await refused(reviewerToken({ ...steps.look({}, auth), showSecret: true, duration: 600 }))
  expect(await steps.cluster.list(refs.secret(namespace, ''))).toEqual([])
})
