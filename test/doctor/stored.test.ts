import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { hostProblem, storedCA, storedKeys } from '../../src/doctor/stored.js'
import { createRoot } from '../kubernetes/certificates.js'

describe('the address of an API server', () => {
  test.each([
    ['https://10.0.0.1:6443', undefined],
    ['https://10.0.0.1:6443/', undefined],
    ['https://rancher.example.com/k8s/clusters/c-1', undefined],
    ['HTTPS://kubernetes.default.svc', undefined],
    // Not for long: what answers there is told by what Vault meets.
    ['http://10.0.0.1:8080', undefined],
    ['https://[::1]:6443', undefined],
    ['kubernetes.default.svc:443', 'it has no scheme'],
    ['10.0.0.1:6443', 'it has no scheme'],
    ['kubernetes', 'it has no scheme'],
    ['tcp://10.0.0.1:6443', 'its scheme is tcp'],
    ['https://', 'it has no host'],
    ['https://:6443', 'it has no host'],
    ['https://https://10.0.0.1:8443', 'it has two schemes'],
    ['https://10.0.0.1:99999', 'it is no URL'],
    [
      'https://10.0.0.1:6443?timeout=5s',
      'it has a query or a fragment, and Vault puts the path of the API behind that',
    ],
    ['https://10.0.0.1:6443\n', 'it holds white space'],
    [' https://10.0.0.1:6443', 'it holds white space'],
    ['', 'it has no scheme'],
  ])('%j: %s', (host, problem) => {
    expect(hostProblem(host)).toBe(problem)
  })
})

describe('the stored CA', () => {
  const told = (text: string) => {
    const stored = storedCA(text)
    return stored.kind === 'unreadable' ? stored.looksLike : stored.kind
  }

  test('is read as Go reads it: one good block is enough', async () => {
    const { certificate } = await createRoot('a root')
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    expect(storedCA(`# a comment\n${broken}${certificate}`)).toMatchObject({
      kind: 'certificates',
      certificates: [{ subject: 'CN=a root', ca: true }],
    })
    expect(told(certificate.replaceAll('\n', '\r\n'))).toBe('certificates')
    expect(told(broken)).toBe('a broken PEM')
  })

  test('what is none is described, and not shown', async () => {
    const { certificate } = await createRoot('a root')
    const { key } = await (await createRoot('a root')).issue({})
    expect(told('')).toBe('none')
    expect(told(' \n')).toBe('none')
    expect(told(Buffer.from(certificate).toString('base64'))).toBe('base64 of a PEM')
    expect(told(certificate.replaceAll('\n', '\\n'))).toBe('a PEM whose line breaks are the two characters \\n')
    expect(told(certificate.replaceAll(/^/gm, '    '))).toBe('a PEM that is indented')
    expect(told(key)).toBe('a private key')
    expect(told('@/tmp/ca.crt')).toBe('the name of a file')
    expect(told('hunter2')).toBe('a text of 7 characters without a PEM block')
  })
})

test('of an element of pem_keys the first block counts; a certificate stands for its key', async () => {
  const pem = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const [one, two] = [pem(), pem()]
  const { certificate } = await createRoot('a root')
  const [first, second, third] = storedKeys([`${one}\n${two}`, certificate, 'no key'])
  expect(first).toEqual({ blocks: 2, used: one, ignored: [two] })
  expect(second).toMatchObject({ blocks: 1, used: expect.stringContaining('BEGIN PUBLIC KEY') as never, ignored: [] })
  expect(third).toEqual({ blocks: 0, used: undefined, ignored: [] })
})
