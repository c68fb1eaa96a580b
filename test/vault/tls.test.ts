import { expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../../src/secrets/index.js'
import { loadTls, type PemSource } from '../../src/vault/tls.js'

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'
const folder = mkdtempSync(join(tmpdir(), 'icebreaker-tls-'))
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const ca = (kind: PemSource['kind'], value: string) => loadTls({ ca: { kind, value, from: 'VAULT_CACERT' } })
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'ICE2005', exitCode: 2, message: expect.stringMatching(message) })

test('certificates from a file, from text, and from a directory with folders in it', async () => {
  expect(await ca('file', write('ca.pem', CERTIFICATE))).toEqual({ ca: [CERTIFICATE] })
  expect(await ca('text', CERTIFICATE)).toEqual({ ca: [CERTIFICATE] })
  mkdirSync(join(folder, 'cas', 'more'), { recursive: true })
  write('cas/a.pem', CERTIFICATE)
  write('cas/more/b.pem', CERTIFICATE)
  expect((await ca('directory', join(folder, 'cas'))).ca).toHaveLength(2)
})

test('what cannot be used is named, with where it was set', async () => {
  await expect(ca('file', join(folder, 'none.pem'))).rejects.toEqual(refused(/VAULT_CACERT names .*none\.pem.*ENOENT/))
  await expect(ca('file', write('empty.pem', 'no pem'))).rejects.toEqual(refused(/empty\.pem, which holds no PEM/))
  await expect(ca('text', 'no pem')).rejects.toEqual(refused(/VAULT_CACERT holds no PEM/))
  await expect(ca('directory', join(folder, 'nowhere'))).rejects.toEqual(refused(/ENOENT/))
  mkdirSync(join(folder, 'nothing'))
  await expect(ca('directory', join(folder, 'nothing'))).rejects.toEqual(refused(/holds no PEM/))
  write('cas/readme.txt', 'not a certificate')
  await expect(ca('directory', join(folder, 'cas'))).rejects.toEqual(refused(/readme\.txt/))
})

test('a client key is a secret', async () => {
  const key = { kind: 'text', value: 'the client key', from: 'VAULT_CLIENT_KEY_BYTES' } as const
  const options = await loadTls({ key, certificate: { ...key, value: CERTIFICATE } })
  expect(JSON.stringify(options)).not.toContain('the client key')
  expect(Secret.reveal(options.key!)).toBe('the client key')
})
