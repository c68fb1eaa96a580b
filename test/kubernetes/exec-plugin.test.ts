import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execPluginOf, runExecPlugin } from '../../src/kubernetes/exec-plugin.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-plugin-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let scripts = 0
/** A real plug-in: a script on disk, run as kubectl would run it. */
function run(script: string, more: object = {}, timeoutMs = 5_000) {
  const command = join(folder, `plugin-${scripts++}`)
  writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return runExecPlugin(execPluginOf({ command, ...more })!, { server: 'https://demo:6443' }, timeoutMs)
}

/** All that a failure would show. */
async function shownBy(failure: Promise<unknown>): Promise<string> {
  const error = (await failure.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )) as Error & { code: string; exitCode: number; details?: object; cause?: unknown }
  expect(error).toMatchObject({ code: 'ICE3006' })
  expect(error.cause).toBeUndefined()
  return `${error.exitCode} ${error.message} ${JSON.stringify(error.details)}`
}

const credential = (status: object) => `echo '${JSON.stringify({ kind: 'ExecCredential', status })}'`

test('a token and its expiry are taken from what the plug-in prints', async () => {
  expect(await run(credential({ token: 'T', expirationTimestamp: '2030-01-01T00:00:00Z' }))).toEqual({
    token: 'T',
    certificate: undefined,
    key: undefined,
    expiresAt: Date.parse('2030-01-01T00:00:00Z'),
  })
})

test('it is given its arguments, its environment and KUBERNETES_EXEC_INFO, and no terminal', async () => {
  const script = `cat >/dev/null; printf '{"status":{"token":"%s"}}' "$1 $REGION $(echo "$KUBERNETES_EXEC_INFO" | tr -d '"')"`
  const more = {
    args: ['get-token'],
    env: [{ name: 'REGION', value: 'eu' }],
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    provideClusterInfo: true,
  }
  expect((await run(script, more)).token).toBe(
    'get-token eu {apiVersion:client.authentication.k8s.io/v1beta1,kind:ExecCredential,spec:{interactive:false,cluster:{server:https://demo:6443}}}',
  )
})

test('one that hangs is ended, also where a child of it keeps the pipes open', async () => {
  const started = Date.now()
  const shown = await shownBy(
    run('echo "visit https://login.example/device?code=ABCD" >&2; sleep 30 & sleep 30', {}, 300),
  )
  expect(Date.now() - started).toBeLessThan(5_000)
  expect(shown).toMatch(/^6 .*did not end within 0.3 seconds/)
  expect(shown).toContain('visit https://login.example/device')
  expect(shown).not.toContain('ABCD')
})

test.each([
  ['garbage', 'echo "Your token is CANARY-7f3a"', 'did not print JSON'],
  ['nothing', 'true', 'did not print JSON'],
  ['JSON of something else', `echo '{"token":"CANARY-7f3a"}'`, 'printed no ExecCredential'],
  ['null', 'echo null', 'printed no ExecCredential'],
  ['a certificate without its key', credential({ clientCertificateData: 'CANARY-7f3a' }), 'printed no ExecCredential'],
  ['more than anybody needs', 'yes CANARY-7f3a | head -c 2000000', 'printed more than 1 MiB'],
])('one that prints %s is refused, and what it printed is not repeated', async (_name, script, reason) => {
  const shown = await shownBy(run(script))
  expect(shown).toMatch(/^5 /)
  expect(shown).toContain(reason)
  expect(shown).not.toContain('CANARY')
})

test('one that fails is named with its path, its exit code and its last words', async () => {
  const shown = await shownBy(run('echo "no active session, run: corp login" >&2; exit 3'))
  expect(shown).toContain('exit code 3')
  expect(shown).toContain('no active session, run: corp login')
  expect(shown).toContain(join(folder, 'plugin-'))
})

test.each([
  'token=abc123',
  'AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  '{"access_token":"abc123","x":1}',
  'Authorization: Bearer abc123',
  'k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl',
  'AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY',
  'password=hunter2',
])('a secret on stderr is not shown: %s', async (said) => {
  const shown = await shownBy(run(`cat >&2 <<'END'\nlogin failed: ${said}\nEND\nexit 1`))
  for (const secret of ['abc123', 'wJalr', 'aHR0', 'eyJ', 'AIza', 'hunter2']) expect(shown).not.toContain(secret)
  expect(shown).toContain('failed')
})

test('secrets in its environment are not shown, nor control characters', async () => {
  const shown = await shownBy(
    run(`printf 'using %s\\033[2J\\n' "$CLIENT_SECRET" >&2; exit 1`, {
      env: [{ name: 'CLIENT_SECRET', value: 'canary' }],
    }),
  )
  expect(shown).toContain('using (secret)')
  expect(shown).not.toMatch(/canary|\\u001b|\u001b/)
})

test('one that is not installed is said to be missing, with its own hint', async () => {
  const plugin = execPluginOf({ command: 'icebreaker-no-such-plugin', installHint: 'Install it with: corp install' })!
  const shown = await shownBy(runExecPlugin(plugin, {}, 1_000))
  expect(shown).toMatch(/was not found.*Install it with: corp install/)
})

test('a plug-in is not handed the tokens of Vault', async () => {
  process.env['VAULT_TOKEN'] = 'canary'
  try {
    const { token } = await run(credential({ token: '' }).replace('"token":""', `"token":"'"$\{VAULT_TOKEN-none}"'"`))
    expect(token).toBe('none')
  } finally {
    delete process.env['VAULT_TOKEN']
  }
})
