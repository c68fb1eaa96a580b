import { readFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Agent, request as send } from 'undici'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import { databaseURL } from '../operations/everything.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { faultyServer, type FaultyServer } from '../vault/faulty-server.js'
import { emptyHome, operatorEnv, start } from './process.js'

/**
 * Servers have put what they were sent into their error messages (CVE-2025-4166, CVE-2025-52893): a server before the real
 * one does that here with the token and the whole body, and learns every secret that comes by.
 */
let echo: FaultyServer
let scenario: Scenario
/** The part of the path of what is answered with an echo; everything else is passed on. */
let echoed: RegExp
const home = emptyHome()
const secrets = new Set<string>()
const upstream = new Agent({ connect: { ca: readFileSync(servers().caFile, 'utf8') } })

beforeAll(async () => {
  scenario = await openScenario()
  echo = await faultyServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(await request.toArray()).toString()
      const token = String(headers['x-vault-token'])
      for (const secret of [token, ...strings(body)]) if (secret.length > 15) secrets.add(secret)
      if (method !== 'GET' && echoed.test(url)) {
        const words = `failed to parse ${body} of ${token}\n::error::${encodeURIComponent(token)}`
        return response.json(url.includes('role') ? 500 : 400, { errors: [words, ...strings(body)] })
      }
      const answer = await send(servers().vaultAddress + url, {
        method: method as 'GET',
        dispatcher: upstream,
        headers: { 'x-vault-token': token, 'x-vault-request': 'true' },
        ...(body !== '' && { body }),
      })
      response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(await answer.body.text())
    })()
  })
})

afterAll(async () => {
  await echo.close()
  await upstream.close()
  await scenario.close()
  rmSync(home, { recursive: true })
})

/** Every text in a JSON body that is a secret: what is written to KV, passwords, tokens. */
function strings(body: string): string[] {
  const found: string[] = []
  JSON.parse(body === '' ? '{}' : body, (key, value: unknown) => {
    if (typeof value === 'string' && /^(?:jwt|token_reviewer_jwt|password|secret-.*)$/.test(key)) found.push(value)
    return value
  })
  return found
}

function write(): void {
  const { id } = scenario
  scenario.write({
    ...scenario.base(),
    vault: { address: echo.address },
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: {
      [`${id}-kv`]: {
        type: 'kv',
        secrets: { app: { 'secret-made': { generate: { length: 40 } }, 'secret-given': { env: 'CANARY' } } },
      },
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
          },
        },
      },
    },
    policies: { [id]: { grants: [`read kv ${id}-kv/app`] } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], policies: [id], audience: 'vault' } },
  })
}

async function run(...args: string[]): Promise<{ readonly exitCode: number | undefined; readonly all: string }> {
  const made = await scenario.vault.write(path`auth/token/create`, { policies: ['root'], ttl: '10m' })
  const env = {
    ...operatorEnv(home),
    VAULT_ADDR: echo.address,
    VAULT_TOKEN: Secret.reveal(made.login!.token),
    CANARY: 'canary-of-the-environment',
    DEBUG: '*',
  }
  const { exitCode, stdout, stderr } = await start([...args, '--file', scenario.file], env)
  return { exitCode, all: stdout + stderr }
}

const shown = (all: string): readonly string[] =>
  [...secrets].filter((secret) =>
    [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ].some((shape) => all.includes(shape)),
  )

test('a server that repeats what it was sent repeats it to nobody', async () => {
  write()
  const formats = ['human', 'json', 'ndjson', 'junit']
  echoed = /\/data\/|\/config|\/role\//
  for (const format of formats) {
    const { exitCode, all } = await run('apply', '--yes', '-o', format)
    expect(exitCode).toBe(1)
    expect(all).toContain('failed to parse')
    expect(shown(all)).toEqual([])
    expect(all).not.toMatch(/^::/m)
  }
  echoed = /^$/
  expect((await run('apply', '--yes', '--no-verify')).exitCode).toBe(0)
  echoed = /\/login|\/revoke/
  for (const format of formats) {
    const { exitCode, all } = await run('verify', '-o', format)
    expect(exitCode).toBe(3)
    expect(shown(all)).toEqual([])
  }
  // Tokens of the operator, what was made up, what was given, the password, the reviewer's token, the workload's.
  expect(secrets.size).toBeGreaterThan(12)
}, 120_000)
