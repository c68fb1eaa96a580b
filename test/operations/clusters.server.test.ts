import { expect, test } from '@jest/globals'
import { startCluster } from '../servers/extra.js'
import { servers } from '../servers/index.js'
import { openScenario, pending, states } from './scenario.js'

test('two clusters in one file: each has its trust, on a mount of its own', async () => {
  const second = await startCluster()
  const scenario = await openScenario()
  try {
    const { id } = scenario
    const plain = scenario.base()
    const demo = plain.clusters['demo']!
    const role = { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault' }
    scenario.write({
      ...plain,
      clusters: {
        demo,
        other: {
          kubeconfig: second.kubeconfig,
          context: second.context,
          auth: { ...demo.auth, path: `${id}-other`, reviewer: { ...demo.auth.reviewer, token: 'bound' } },
        },
      },
      namespaces: { [`${id}-app`]: {} },
      serviceAccounts: [`${id}-app/app`],
      roles: { both: role, one: { ...role, clusters: ['other'] } },
    })
    const result = await scenario.apply({ verify: 'changed' })
    expect(Object.entries(states(result)).filter(([, state]) => state !== 'done')).toEqual([])
    const roles = Object.keys(states(result)).filter((address) => address.includes('/role/'))
    expect(new Set(roles)).toEqual(
      new Set(['/role/both', '-other/role/both', '-other/role/one'].map((role) => `vault:auth/${id}${role}`)),
    )
    expect(result.servers.clusters).toEqual({ demo: servers().apiServer, other: second.address })
    const probes = result.verify?.probes ?? []
    expect(probes.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    const logins = probes.filter(({ name, verdict }) => name.endsWith('logs in') && verdict === 'passed')
    expect(logins.map(({ cluster, role: name }) => `${cluster} ${name}`).sort()).toEqual([
      'demo both',
      'other both',
      'other one',
    ])
    expect(pending(await scenario.plan())).toEqual({})
  } finally {
    await scenario.close()
    await second.stop()
  }
})
