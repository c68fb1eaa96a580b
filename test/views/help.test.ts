import { expect, test } from '@jest/globals'
import type { IceEvent } from '../../src/events/index.js'
import { outputHelp } from '../../src/views/output-help.js'
import type { Result, VariableGroup } from '../../src/views/results.js'
import { expectGolden, written } from './golden.js'

const groups: readonly VariableGroup[] = [
  {
    title: 'Flags',
    text: 'Where a flag is not given its variable counts.',
    variables: [
      { names: ['ICEBREAKER_FILE'], flag: '--file', commands: [], meaning: 'The file that says what shall be.' },
      { names: ['ICEBREAKER_OUT'], flag: '--out', commands: ['plan', 'sandbox up'], meaning: 'Save it there.' },
    ],
  },
  {
    title: 'Vault and OpenBao',
    text: 'Read as their own command lines read them.',
    variables: [
      {
        names: ['VAULT_CACERT', 'BAO_CACERT', 'VAULT_CACERT_BYTES', 'BAO_CACERT_BYTES', 'VAULT_CAPATH', 'BAO_CAPATH'],
        meaning: 'Certificate authorities.',
      },
    ],
  },
]

const results: Readonly<Record<string, Result>> = {
  'help-environment': { operation: 'help environment', groups },
  'help-output': { operation: 'help output', ...outputHelp('1.2.3') },
  'help-exit-codes': {
    operation: 'help exit-codes',
    exitCodes: [
      { code: 0, meaning: 'Done.' },
      { code: 130, meaning: 'Stopped.' },
    ],
  },
}

test.each(
  Object.entries(results).flatMap(([name, result]) => (['human', 'json'] as const).map((f) => ({ name, result, f }))),
)('$name as $f', async ({ name, result, f }) => {
  expectGolden(`${name}.${f}`, await written(f, (view) => view.result(result), { command: result.operation }))
})

test('it fits a narrow terminal', async () => {
  const text = await written('human', (view) => view.result(results['help-environment']!), { columns: 40 })
  expect(text.split('\n').filter((line) => line.length > 40)).toEqual([])
})

test('the examples are what is printed', () => {
  const { lines } = outputHelp('1.2.3')
  const examples = Object.fromEntries(lines.map(({ type, example }) => [type, example]))
  const events: readonly IceEvent['type'][] = ['step', 'note', 'object', 'probe']
  for (const type of events) expect(JSON.parse(examples[type] ?? '')).toMatchObject({ type, time: expect.any(String) })
  expect(JSON.parse(examples['version'] ?? '')).toMatchObject({
    type: 'version',
    schemaVersion: 1,
    icebreaker: '1.2.3',
  })
})
