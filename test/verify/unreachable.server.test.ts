import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import type { FileInput } from '../../src/config/schema.js'
import { freePort } from '../../src/sandbox/ports.js'
import { databaseURL } from '../operations/everything.js'
import { openScenario, type Scenario } from '../operations/scenario.js'
import { servers } from '../servers/index.js'
import { verdictOf } from './harness.js'

let scenario: Scenario
let app: string
let superuser: pg.Client
let closed: string
const user = `fixed-${randomBytes(4).toString('hex')}`

type Clusters = FileInput['clusters']

function file(clusters: Clusters, probeAddress?: string): FileInput {
  const { id } = scenario
  const base = scenario.base()
  const creation = [`CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`]
  return {
    ...base,
    clusters: { ...base.clusters, ...clusters },
    namespaces: { [app]: {} },
    serviceAccounts: [`${app}/app`],
    engines: {
      [`${id}-db`]: {
        type: 'database',
        connections: {
          main: {
            plugin: 'postgresql-database-plugin',
            url: databaseURL(),
            username: { literal: 'vault' },
            password: { env: 'PGPASSWORD' },
            ...(probeAddress !== undefined && { probeAddress }),
          },
        },
        roles: { app: { connection: 'main', creation, revocation: ['DROP ROLE "{{name}}"'] } },
        staticRoles: { fixed: { connection: 'main', username: user, rotationPeriod: '24h' } },
      },
    },
    policies: { [`${id}-db`]: { grants: [`read database ${id}-db/app`, `read database ${id}-db/fixed`] } },
    roles: { app: { serviceAccounts: ['app'], namespaces: [app], policies: [`${id}-db`], audience: 'vault' } },
  }
}

beforeAll(async () => {
  scenario = await openScenario()
  app = `${scenario.id}-app`
  closed = `127.0.0.1:${await freePort(new Set())}`
  const { host, port, database, superuser: login } = servers().postgres
  superuser = new pg.Client({ host, port, database, ...login })
  await superuser.connect()
  await superuser.query(`CREATE ROLE "${user}" LOGIN PASSWORD 'old'; GRANT "${user}" TO vault WITH ADMIN OPTION`)
})

afterAll(async () => {
  await scenario.close()
  await superuser.query(`DROP ROLE "${user}"`)
  await superuser.end()
})

test('credentials of roles and of static roles are proven, and skipped where the database is out of reach', async () => {
  const { id } = scenario
  const told = async (): Promise<unknown> => {
    const { verify } = await scenario.verify({ positiveOnly: true })
    expect(verify.left).toEqual([])
    return verify.probes.map((probe) => [probe.name.replace(/.*: /, ''), probe.verdict, probe.detail])
  }
  scenario.write(file({}))
  await scenario.apply()
  expect(await told()).toEqual([
    ['logs in', 'passed', expect.anything()],
    [`read database ${id}-db/app`, 'passed', 'logged in, renewed, revoked, then refused'],
    [`read database ${id}-db/fixed`, 'passed', 'logged in (a static role has no lease)'],
  ])
  scenario.write(file({}, closed))
  expect(await told()).toEqual([
    ['logs in', 'passed', expect.anything()],
    [`read database ${id}-db/app`, 'skipped', `issued, renewed, revoked; not logged in with: ${closed}: ECONNREFUSED`],
    [`read database ${id}-db/fixed`, 'skipped', `issued; not logged in with: ${closed}: ECONNREFUSED`],
  ])
})

test('a cluster whose API server is down fails, and the others are verified', async () => {
  const { kubeconfig, apiServer } = servers()
  const down = join(scenario.folder, 'down')
  writeFileSync(down, readFileSync(kubeconfig, 'utf8').replaceAll(apiServer, `https://${closed}`), { mode: 0o600 })
  const auth = {
    path: `${scenario.id}-down`,
    reviewer: { namespace: `${scenario.id}-auth`, serviceAccount: 'reviewer' },
  }
  scenario.write(file({ down: { kubeconfig: down, context: servers().context, auth } }))
  const { verify } = await scenario.verify({ positiveOnly: true })
  expect(verify.probes.find(({ verdict }) => verdict === 'failed')).toMatchObject({ exit: 6 })
  expect(verify.probes.map((probe) => [probe.cluster, probe.name.replace(/.*: /, ''), verdictOf(probe)])).toEqual([
    ['demo', 'logs in', 'passed'],
    ['demo', `read database ${scenario.id}-db/app`, 'passed'],
    ['demo', `read database ${scenario.id}-db/fixed`, 'passed'],
    ['down', 'logs in', 'failed ICE3101'],
    ['down', `read database ${scenario.id}-db/app`, 'skipped'],
    ['down', `read database ${scenario.id}-db/fixed`, 'skipped'],
  ])
})
