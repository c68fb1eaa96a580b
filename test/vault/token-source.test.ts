import { expect, test } from '@jest/globals'
import { chmodSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IceEvent } from '../../src/events/index.js'
import { Secret } from '../../src/secrets/index.js'
import { openVault, vaultSettings } from '../../src/vault/index.js'
import { readToken } from '../../src/vault/token-source.js'

const TO = { address: 'https://vault.example:8200', foreign: undefined }
const folder = mkdtempSync(join(tmpdir(), 'icebreaker-token-'))
const write = (name: string, text: string, mode = 0o600) => {
  const file = join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
async function read(path: string) {
  const events: IceEvent[] = []
  const token = await readToken({ kind: 'file', path }, (event) => events.push(event), TO)
  return { token: token && Secret.reveal(token), events }
}

test('a token file: white space around it goes, a link is followed, none is no error', async () => {
  const file = write('a', '  s.token-in-a-file\n')
  symlinkSync(file, join(folder, 'link'))
  expect(await read(join(folder, 'link'))).toEqual({ token: 's.token-in-a-file', events: [] })
  expect(await read(join(folder, 'none'))).toEqual({ token: undefined, events: [] })
  expect(await read(write('empty', '\n'))).toEqual({ token: undefined, events: [] })
})

test('a token file that others can read is used, with a warning', async () => {
  const { token, events } = await read(write('open', 's.token-in-the-open', 0o644))
  expect(token).toBe('s.token-in-the-open')
  expect(events).toMatchObject([{ type: 'note', level: 'warning', code: 'ICE2009' }])
  expect(JSON.stringify(events)).not.toContain('in-the-open')
})

test('a token file that cannot be read, or is none, is an error', async () => {
  await expect(read(folder)).rejects.toMatchObject({ message: expect.stringContaining(folder) })
  await expect(read(write('large', 'x'.repeat(70_000)))).rejects.toMatchObject({ code: 'ICE2005' })
})

test.each(['a b', 'a\nX-Evil: 1', 'a\r\n', 'a\u0000b', 'tök', 'a\tb'])(
  'the token %j is refused and not shown',
  async (value) => {
    const source = { kind: 'value', token: new Secret(value), from: 'VAULT_TOKEN' } as const
    await expect(readToken(source, () => undefined, TO)).rejects.toMatchObject({
      code: 'ICE2007',
      exitCode: 2,
      message: 'VAULT_TOKEN holds a character that no token has. It was not sent.',
    })
  },
)

const emit = () => undefined
const VAULT_ADDR = 'https://vault.example:8200'

test('a client is only opened with a token that may go there', async () => {
  const open = (env: Record<string, string>, address?: string) =>
    openVault(vaultSettings({ env, file: { address } }), { emit })
  await expect(open({ VAULT_ADDR })).rejects.toMatchObject({ code: 'ICE2008', exitCode: 5 })
  await expect(open({ VAULT_TOKEN: 's.mine' }, VAULT_ADDR)).rejects.toMatchObject({ code: 'ICE2006', exitCode: 2 })
  expect((await open({ VAULT_TOKEN: 's.mine', VAULT_ADDR }, VAULT_ADDR)).address).toBe(VAULT_ADDR)
})

test('a token file that a flag or ICEBREAKER_TOKEN_FILE names takes the place of the environment, and must be there', async () => {
  const path = write('named', 's.named\n')
  const settings = (tokenFile: string) =>
    vaultSettings({ env: { VAULT_TOKEN: 's.mine', VAULT_ADDR }, flags: { tokenFile } })
  expect(settings(path).token).toEqual({ kind: 'file', path, named: true })
  expect(vaultSettings({ env: { ICEBREAKER_TOKEN_FILE: path, VAULT_ADDR } }).token).toEqual({
    kind: 'file',
    path,
    named: true,
  })
  const missing = openVault(settings(`${path}-missing`), { emit })
  await expect(missing).rejects.toMatchObject({ code: 'ICE2005', exitCode: 2 })
})
