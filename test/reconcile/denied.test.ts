import { expect, test } from '@jest/globals'
import { IceError, KUBERNETES, VAULT } from '../../src/catalogue/index.js'
import { byCause, type Denied } from '../../src/reconcile/denied.js'

const mayNot = (at: string): Denied => ({
  address: `vault:${at}`,
  error: new IceError(VAULT.notPermitted, {
    message: `The token may not read ${at}.`,
    evidence: { status: 403, needs: 'read', said: at },
    next: ['Add:', `path ${at}`],
  }),
})
const unknown = (address: Denied['address'], cluster: string): Denied => ({
  address,
  error: new IceError(KUBERNETES.unauthorized, { message: 'It does not accept it.', evidence: { cluster } }),
})

test('one error for each cause on each server, with what is alike, the objects, and all that is to be granted', () => {
  const errors = byCause([
    mayNot('a'),
    unknown('k8s:one:Namespace/x', 'one'),
    mayNot('b'),
    unknown('k8s:two:Namespace/x', 'two'),
    unknown('k8s:one:Namespace/y', 'one'),
  ])
  expect(errors.map(({ message, details: { evidence, address }, next }) => [message, evidence, address, next])).toEqual(
    [
      [
        '2 objects cannot be read: The token may not read a; the others likewise.',
        { status: 403, needs: 'read', objects: 'vault:a\nvault:b' },
        undefined,
        ['Add:', 'path a', 'path b'],
      ],
      [
        '2 objects cannot be read: It does not accept it.',
        { cluster: 'one', objects: 'k8s:one:Namespace/x\nk8s:one:Namespace/y' },
        undefined,
        [KUBERNETES.unauthorized.remedy],
      ],
      ['It does not accept it.', { cluster: 'two' }, 'k8s:two:Namespace/x', [KUBERNETES.unauthorized.remedy]],
    ],
  )
})

test('of very many objects the first are named, and how many more there are', () => {
  const [error] = byCause(Array.from({ length: 150 }, (_, index) => mayNot(`p${index}`)))
  const objects = String(error?.details.evidence?.['objects']).split('\n')
  expect([objects.length, objects.at(-1)]).toEqual([21, 'and 130 more'])
  expect(error?.next).toHaveLength(151)
})
