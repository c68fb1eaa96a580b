import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { refs } from '../../src/kubernetes/index.js'
import { openScenario } from '../operations/scenario.js'
import { emptyHome, operatorEnv, start } from './process.js'

const SEEDS = 20

/** After any number of interruptions, at moments that nobody chose, a run that is left alone finishes the work. */
test('apply that is interrupted at any moment can be run again', async () => {
  const home = emptyHome()
  const env = operatorEnv(home)
  for (let seed = 0; seed < SEEDS; seed++) {
    const scenario = await openScenario()
    const { id } = scenario
    scenario.write({
      ...scenario.base(),
      namespaces: { [`${id}-app`]: {} },
      serviceAccounts: [`${id}-app/app`],
      engines: { [`${id}-kv`]: { type: 'kv', secrets: { app: { key: { generate: {} } } } } },
      policies: { [id]: { grants: [`read kv ${id}-kv/app`] } },
      roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id] } },
    })
    const moment = Math.random() * 1200
    const child = start(['apply', '--yes', '--file', scenario.file], env)
    await sleep(moment)
    child.kill('SIGINT')
    const { exitCode, signal, stderr } = await child
    // Before the handler stands, the signal has its usual effect; after the end there is none.
    expect([0, 130, 'SIGINT']).toContain(signal ?? exitCode)
    expect(stderr).not.toMatch(/node:internal|ICE1105/)
    const again = async (...args: string[]) => (await start([...args, '--file', scenario.file], env)).exitCode
    expect([moment, await again('apply', '--yes', '--verify')]).toEqual([moment, 0])
    expect([moment, await again('plan', '--exit-code')]).toEqual([moment, 0])
    for (const namespace of [`${id}-app`, `${id}-auth`])
      expect(await scenario.cluster.list(refs.secret(namespace, ''), 'app.kubernetes.io/component=scratch')).toEqual([])
    await scenario.close()
  }
  rmSync(home, { recursive: true })
}, 600_000)
