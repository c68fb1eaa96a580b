import { rmSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { refs } from '../../src/kubernetes/index.js'
import { deepDump } from '../operations/dump.js'
import { openScenario, pending, type Scenario } from '../operations/scenario.js'
import { emptyHome, icebreaker, operatorEnv, type Ran } from './process.js'
import { codes } from './told.js'

const TOGETHER = 10

test('of ten applies that are started together one works, the others say who is at it, and the result is that of one', async () => {
  const home = emptyHome()
  const [one, alone] = [await openScenario(), await openScenario()]
  try {
    for (const each of [one, alone]) each.write(fileOf(each))
    const apply = ({ file }: Scenario): Promise<Ran> =>
      icebreaker(['apply', '--yes', '--json', '--file', file], operatorEnv(home))
    const runs = await Promise.all(Array.from({ length: TOGETHER }, () => apply(one)))
    const ended = runs.map((run) => [run.exitCode, ...codes(run)].join(' '))
    expect(ended).toContain('0')
    // Another run holds the file; or has ended meanwhile, so that what was planned is of before.
    expect(ended.filter((end) => !['0', '8 ICE4004', '8 ICE4002'].includes(end))).toEqual([])
    expect(runs.filter(hasWritten)).toHaveLength(1)

    expect(pending(await one.plan())).toEqual({})
    expect(await one.cluster.list(refs.lease(`${one.id}-auth`, ''))).toEqual([])
    expect((await apply(alone)).exitCode).toBe(0)
    expect(await deepDump(one)).toEqual(await deepDump(alone))
  } finally {
    await Promise.all([one.close(), alone.close()])
    rmSync(home, { recursive: true })
  }
}, 120_000)

const hasWritten = ({ exitCode, stdout }: Ran): boolean =>
  exitCode === 0 && (JSON.parse(stdout) as { outcomes: unknown[] }).outcomes.length > 0

const fileOf = ({ id, base }: Scenario) => ({
  ...base(),
  namespaces: { [`${id}-app`]: {} },
  serviceAccounts: [`${id}-app/app`],
  engines: { [`${id}-kv`]: { type: 'kv' as const, secrets: { app: { key: { generate: {} } } } } },
  policies: { [id]: { grants: [`read kv ${id}-kv/app`] } },
  roles: { app: { serviceAccounts: ['app'], namespaces: [`${id}-app`], audience: 'vault', policies: [id] } },
})
