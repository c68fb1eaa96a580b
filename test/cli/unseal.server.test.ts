import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnsealResult } from '../../src/operations/unseal.js'
import { Secret } from '../../src/secrets/index.js'
import { createVault, lookupSelf } from '../../src/vault/index.js'
import { startFreshVault, type ExtraServer } from '../servers/extra.js'
import { emptyHome, icebreaker, type Ran } from './process.js'

const home = emptyHome()
const folder = mkdtempSync(join(tmpdir(), 'icebreaker-unseal-'))

const unseal = ({ address, caFile }: ExtraServer, ...args: string[]): Promise<Ran> =>
  icebreaker(['integrate', 'unseal', '--vault-address', address, '--vault-ca-file', caFile, ...args], {
    PATH: process.env['PATH'],
    HOME: home,
  })
const text = (file: string): string => readFileSync(file, 'utf8').trim()

describe('a fresh server', () => {
  let fresh: ExtraServer
  beforeAll(async () => {
    fresh = await startFreshVault()
  })
  afterAll(() => fresh.stop())
  const out = join(folder, 'keys')

  test('nothing is initialised where nothing says where the keys go, or the numbers are wrong', async () => {
    for (const [args, words] of [
      [[], '--out FOLDER'],
      [['--out', out, '--yes', '--shares', '3', '--threshold', '4'], '--threshold'],
      [['--out', out, '--yes', '--shares', '3', '--threshold', '1'], 'at least 2'],
      [['--out', folder, '--yes'], 'there already'],
      [['--out', out, '--yes', '--pgp-key', 'a', '--pgp-key', 'b'], 'each share needs one'],
    ] as const) {
      const { stderr, exitCode } = await unseal(fresh, ...args)
      expect(exitCode).not.toBe(0)
      expect(stderr).toContain(words)
    }
  })

  test('off a terminal it must be said that it is meant', async () => {
    const { stderr, exitCode } = await unseal(fresh, '--out', out)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--yes')
  })

  test('it is initialised and opened, and no key is shown', async () => {
    const args = ['--shares', '3', '--threshold', '2', '--out', out, '--yes', '--json']
    const ran = await unseal(fresh, ...args)
    expect(ran.exitCode).toBe(0)
    const { initialised, files, seal, encrypted } = JSON.parse(ran.stdout) as UnsealResult
    expect({ initialised, encrypted, sealed: seal.sealed }).toEqual({
      initialised: true,
      encrypted: false,
      sealed: false,
    })
    expect(files.map((file) => file.slice(out.length + 1))).toEqual(['key-1', 'key-2', 'key-3', 'root-token'])
    for (const file of files) {
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(ran.stdout + ran.stderr).not.toContain(text(file))
    }
    expect(statSync(out).mode & 0o777).toBe(0o700)
    const token = new Secret(text(join(out, 'root-token')))
    const vault = createVault({ address: fresh.address, token, tls: { ca: [readFileSync(fresh.caFile, 'utf8')] } })
    expect((await lookupSelf(vault)).isRoot).toBe(true)
    await vault.close()
  })

  test('done again it changes nothing', async () => {
    const { exitCode, stdout } = await unseal(fresh)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('is unsealed')
  })

  test('sealed again it is opened by shares from files, one after the other', async () => {
    await fresh.stop()
    await fresh.start()
    const none = await unseal(fresh)
    expect(none.exitCode).toBe(2)
    expect(none.stderr).toContain('--key-file FILE 2 times')
    const first = await unseal(fresh, '--key-file', join(out, 'key-3'))
    expect(first.stdout).toContain('1 more share needed')
    const second = await unseal(fresh, '--key-file', join(out, 'key-1'))
    expect(second.stdout).toContain('is unsealed')
  })
})

test('the shares are encrypted to PGP keys', async () => {
  const fresh = await startFreshVault()
  try {
    const gnupg = mkdtempSync(join(tmpdir(), 'ib-gpg-'))
    const gpg = (args: readonly string[], input?: Uint8Array) =>
      execa('gpg', ['--homedir', gnupg, '--batch', '--yes', '--quiet', ...args], {
        ...(input !== undefined && { input }),
        encoding: 'buffer',
      })
    const keys = await Promise.all(
      ['ann', 'ben'].map(async (name, index) => {
        await gpg(['--passphrase', '', '--quick-generate-key', `${name}@example.com`, 'default', 'default', 'never'])
        const file = join(folder, `${name}.asc`)
        // One armored, one binary.
        await gpg([...(index === 0 ? ['--armor'] : []), '--output', file, '--export', `${name}@example.com`])
        return file
      }),
    )
    const out = join(folder, 'encrypted')
    const args = keys.flatMap((key) => ['--pgp-key', key])
    const ran = await unseal(fresh, '--shares', '2', '--threshold', '2', '--out', out, '--yes', ...args, '--json')
    expect(ran.exitCode === 0 ? '' : ran.stderr).toBe('')
    const result = JSON.parse(ran.stdout) as UnsealResult
    expect({ encrypted: result.encrypted, sealed: result.seal.sealed }).toEqual({ encrypted: true, sealed: true })
    const shares = await Promise.all(
      ['key-1', 'key-2'].map(async (name) => {
        const { stdout } = await gpg(['--decrypt'], Buffer.from(text(join(out, name)), 'base64'))
        return Buffer.from(stdout).toString()
      }),
    )
    const vault = createVault({ address: fresh.address, tls: { ca: [readFileSync(fresh.caFile, 'utf8')] } })
    const files = await Promise.all(
      shares.map(async (share, index) => {
        const file = join(folder, `share-${index}`)
        const { writeFile } = await import('node:fs/promises')
        await writeFile(file, share)
        return file
      }),
    )
    const opened = await unseal(fresh, ...files.flatMap((file) => ['--key-file', file]))
    expect(opened.stdout).toContain('is unsealed')
    await vault.close()
  } finally {
    await fresh.stop()
  }
})
