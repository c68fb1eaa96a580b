import { expect, test } from '@jest/globals'
import { errorOfAnswer } from '../../src/kubernetes/errors.js'
import type { Asked } from '../../src/kubernetes/status.js'
import { connectionTo } from './https-server.js'

const asked = (call: Partial<Asked['call']> = {}): Asked => ({
  cluster: 'demo',
  connection: connectionTo('https://demo:6443', ''),
  call: { verb: 'patch', group: '', resource: 'secrets', namespace: 'app', name: 'creds', writes: true, ...call },
})

/** The error for an answer, in the words of the API server (1.36.3) or of what stands before it. */
function errorOf(status: number, body: object | string, of = asked()) {
  const text =
    typeof body === 'string' ? body : JSON.stringify({ kind: 'Status', status: 'Failure', ...body, code: status })
  return errorOfAnswer(of, { status, headers: { 'content-type': 'application/json' }, text })
}

test.each([
  [409, { reason: 'AlreadyExists', message: 'secrets "creds" already exists' }, 'ICE3301', 8],
  [
    409,
    { reason: 'Conflict', message: 'Operation cannot be fulfilled on secrets "creds": the object has been modified' },
    'ICE3303',
    8,
  ],
  [
    403,
    {
      reason: 'Forbidden',
      message:
        'secrets "creds" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=1, limited: secrets=1',
    },
    'ICE3308',
    1,
  ],
  [400, { message: 'admission webhook "x.example" denied the request: no' }, 'ICE3308', 1],
  [
    500,
    {
      reason: 'InternalError',
      message:
        'Internal error occurred: failed calling webhook "x.example": failed to call webhook: Post "https://x": context deadline exceeded',
    },
    'ICE3309',
    1,
  ],
  [500, { reason: 'InternalError', message: 'etcdserver: leader changed' }, 'ICE3109', 1],
  [503, { reason: 'ServiceUnavailable', message: 'apiserver is shutting down.' }, 'ICE3109', 6],
  [504, { reason: 'Timeout', message: 'Timeout: request did not complete within requested timeout' }, 'ICE3110', 1],
  [
    429,
    {
      reason: 'TooManyRequests',
      message: 'the server has received too many requests and has asked us to try again later',
    },
    'ICE3108',
    6,
  ],
  [415, { reason: 'UnsupportedMediaType', message: 'the body of the request was in an unknown format' }, 'ICE3311', 1],
  [401, { reason: 'Unauthorized', message: 'Unauthorized' }, 'ICE3201', 5],
  [401, 'Unauthorized', 'ICE3201', 5],
  [502, '<html>Bad Gateway</html>', 'ICE3110', 1],
  [503, '<html>no healthy upstream</html>', 'ICE3109', 6],
  [429, 'slow down', 'ICE3108', 6],
])('%i %j is %s', (status, body, code, exitCode) => {
  expect(errorOf(status, body)).toMatchObject({ code, exitCode, details: { evidence: { status } } })
})

test('a read that a gateway gave up on is no lost write', () => {
  expect(errorOf(504, '<html>', asked({ verb: 'get', writes: false }))).toMatchObject({ code: 'ICE3109', exitCode: 6 })
})

const forbidden = (user: string) => ({
  reason: 'Forbidden',
  message: `secrets "creds" is forbidden: User "${user}" cannot patch resource "secrets" in API group "" in the namespace "app"`,
})

test('who is not known to the API server is not told to get a role', () => {
  expect(errorOf(403, forbidden('system:anonymous'))).toMatchObject({ code: 'ICE3201', exitCode: 5 })
})

test('a user’s name reaches a command line only where a shell takes it as it is', () => {
  expect(errorOf(403, forbidden('jane@example.com')).next[1]).toMatch(/ --user=jane@example\.com$/)
  for (const name of ['jane; rm -rf ~', '$(id)', 'a b', '`id`', 'ja\nne']) {
    expect(errorOf(403, forbidden(name)).next[1]).toMatch(/ --user=USER$/)
  }
})

test('rights on what is in no namespace are granted with a cluster role', () => {
  const of = asked({
    verb: 'create',
    group: 'authentication.k8s.io',
    resource: 'tokenreviews',
    namespace: undefined,
    name: undefined,
  })
  expect(errorOf(403, forbidden('jane'), of).next).toEqual([
    'kubectl create clusterrole icebreaker-create-tokenreviews --verb=create --resource=tokenreviews.authentication.k8s.io',
    'kubectl create clusterrolebinding icebreaker-create-tokenreviews --clusterrole=icebreaker-create-tokenreviews --user=jane',
  ])
})

test('every conflict of server-side apply is named with its manager', () => {
  const cause = (manager: string, field: string) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}" using v1`,
    field,
  })
  const causes = [cause('kubectl', '.data.a'), cause('helm', '.metadata.labels.b')]
  expect(errorOf(409, { reason: 'Conflict', details: { causes } }).message).toBe(
    'Cannot patch secrets app/creds in cluster demo: other managers own .data.a (kubectl), .metadata.labels.b (helm).',
  )
})
