import { afterAll, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VAULT } from '../../src/catalogue/index.js'
import { Secret } from '../../src/secrets/index.js'
import { openVault, vaultSettings } from '../../src/vault/index.js'
import { askTokenHelper, tokenHelperOf } from '../../src/vault/token-helper.js'
import { readToken } from '../../src/vault/token-source.js'

const folder = mkdtempSync(join(tmpdir(), 'icebreaker-helper-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ADDRESS = 'https://vault.example:8200'
const put = (name: string, text: string, mode = 0o600): string => {
  const file = join(folder, name)
  writeFileSync(file, text, { mode })
  return file
}
const script = (name: string, body: string): string => put(name, `#!/bin/sh\n${body}\n`, 0o700)
const config = (name: string, text: string) => ({ paths: [put(name, text)], named: true })

test('the configuration is HCL 1 or JSON with one key, as vault and bao read it', async () => {
  expect(await tokenHelperOf(config('hcl', '# mine\ntoken_helper = "/opt/helper"\n'))).toBe('/opt/helper')
  expect(await tokenHelperOf(config('json', '{"token_helper": "/opt/helper"}'))).toBe('/opt/helper')
  expect(await tokenHelperOf(config('none', '# nothing here\n'))).toBeUndefined()
  expect(await tokenHelperOf({ paths: [join(folder, 'missing')], named: true })).toBeUndefined()
  const both = [put('bao', ''), put('vault', 'token_helper = "/opt/of-vault"')]
  expect(await tokenHelperOf({ paths: both, named: false })).toBe('/opt/of-vault')
})

test('one that was named must be a configuration; a folder that happens to be called ~/.vault is passed over', async () => {
  const refused = { code: VAULT.tokenHelper.code, exitCode: 5 }
  await expect(tokenHelperOf(config('broken', 'token_helper = ['))).rejects.toMatchObject(refused)
  await expect(tokenHelperOf({ paths: [folder], named: true })).rejects.toMatchObject(refused)
  mkdirSync(join(folder, '.vault'))
  const passedOver = {
    paths: [join(folder, '.vault'), put('ansible', '$ANSIBLE_VAULT;1.1;AES256\n6162')],
    named: false,
  }
  expect(await tokenHelperOf(passedOver)).toBeUndefined()
  await expect(tokenHelperOf(config('relative', 'token_helper = "helper"'))).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('absolute path'),
  })
})

test('a helper is asked with `get`, told the address, and gives the token', async () => {
  const seen = join(folder, 'seen')
  const helper = script('good', `echo "$*" "$VAULT_ADDR" "$BAO_ADDR" > ${seen}; echo "s.kept-by-a-helper"`)
  const token = await askTokenHelper(helper, ADDRESS)
  expect(token && Secret.reveal(token)).toBe('s.kept-by-a-helper')
  expect(readFileSync(seen, 'utf8')).toBe(`get ${ADDRESS} ${ADDRESS}\n`)
  expect(await askTokenHelper(script('empty', 'true'), ADDRESS)).toBeUndefined()
})

test('a helper that fails, is missing, never ends or floods is an error that shows no token', async () => {
  const message = async (helper: string, limit?: number): Promise<string> => {
    const error = (await askTokenHelper(helper, ADDRESS, limit).catch((caught: unknown) => caught)) as object
    expect(error).toMatchObject({ code: VAULT.tokenHelper.code, exitCode: 5 })
    expect(JSON.stringify(error)).not.toContain('s.half-a-token')
    return JSON.stringify(error)
  }
  const fails = script('fails', 'echo s.half-a-token; echo "keychain locked: s.half-a-token" >&2; exit 3')
  expect(await message(fails)).toMatch(/exit code 3.*keychain locked: \(secret\)/)
  expect(await message(join(folder, 'no-such-helper'))).toContain('ENOENT')
  expect(await message(put('not-executable', 'x'))).toContain('EACCES')
  // What it has started holds its output open.
  expect(await message(script('hangs', 'sleep 60 & sleep 60'), 300)).toContain('0.3 seconds')
  expect(await message(script('floods', 'head -c 100000 /dev/zero'))).toContain('more than a token')
})

test('the helper goes before ~/.vault-token, after VAULT_TOKEN, and only to the server that VAULT_ADDR names', async () => {
  const home = join(folder, 'home')
  mkdirSync(home)
  const asked = join(folder, 'asked')
  const helper = script('of-home', `touch ${asked}; echo s.of-the-helper`)
  writeFileSync(join(home, '.vault'), `token_helper = ${JSON.stringify(helper)}`)
  writeFileSync(join(home, '.vault-token'), 's.of-the-file', { mode: 0o600 })
  const emit = (): void => undefined
  const tokenFor = async (env: Record<string, string>) => {
    const settings = vaultSettings({ env: { VAULT_ADDR: ADDRESS, ...env }, home })
    const token = await readToken(settings.token, emit, settings)
    return token && Secret.reveal(token)
  }
  const elsewhere = vaultSettings({ env: { VAULT_ADDR: ADDRESS }, home, file: { address: 'https://other.example' } })
  await expect(openVault(elsewhere, { emit })).rejects.toMatchObject({ code: VAULT.foreignToken.code, exitCode: 2 })
  expect(() => readFileSync(asked)).toThrow('ENOENT')
  expect(await tokenFor({ VAULT_TOKEN: 's.of-the-environment' })).toBe('s.of-the-environment')
  expect(await tokenFor({})).toBe('s.of-the-helper')
  expect(await tokenFor({ VAULT_CONFIG_PATH: put('other', '') })).toBe('s.of-the-file')
})

test('what a helper prints must be one token', async () => {
  const helper = script('two-lines', 'echo one; echo two')
  const source = { kind: 'kept', config: config('two', `token_helper = "${helper}"`), path: undefined } as const
  await expect(readToken(source, () => undefined, { address: ADDRESS, foreign: undefined })).rejects.toMatchObject({
    code: VAULT.badToken.code,
  })
})
