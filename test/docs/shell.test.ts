import { expect, test } from '@jest/globals'
import { commandsIn, typedIn } from './shell.js'

test.each([
  ['icebreaker plan', [['plan']]],
  ['icebreaker', [[]]],
  ['icebreaker plan --exit-code || [ $? -eq 4 ]   # 4: there are changes', [['plan', '--exit-code']]],
  ["icebreaker who-can encrypt 'transit/*'", [['who-can', 'encrypt', 'transit/*']]],
  ['icebreaker role write app \\\n  --policies "a b"', [['role', 'write', 'app', '--policies', 'a b']]],
  ['eval "$(icebreaker sandbox env)"', [['sandbox', 'env']]],
  ['source <(icebreaker completion bash)', [['completion', 'bash']]],
  ['icebreaker plan && icebreaker apply --yes', [['plan'], ['apply', '--yes']]],
  ['icebreaker verify -o junit > out.xml', [['verify', '-o', 'junit']]],
  ['icebreaker graph 2>/dev/null', [['graph']]],
  ['PW=x icebreaker kv put static/app password=env:PW', [['kv', 'put', 'static/app', 'password=env:PW']]],
  ['cat icebreaker.yaml; ls icebreaker/; # icebreaker', []],
  ['cosign verify icebreaker-cli', []],
])('%j', (script, commands) => {
  expect(commandsIn(script)).toEqual(commands)
})

test('what is typed and what is printed are told apart', () => {
  expect(typedIn('$ icebreaker plan\nNo changes\n$ icebreaker role write a \\\n>   --policies b\n')).toEqual([
    { command: 'icebreaker plan', printed: ['No changes'] },
    { command: 'icebreaker role write a \\\n  --policies b', printed: [] },
  ])
  expect(() => typedIn('icebreaker plan\n')).toThrow('begins with')
})
