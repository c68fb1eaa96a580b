import { describe, expect, test } from '@jest/globals'
import { isIceError } from '../../../src/catalogue/index.js'
import { interview, requireAnswers, requireSound } from '../../../src/operations/init/interview.js'
import { questionsFor } from '../../../src/operations/init/additions.js'
import { TEMPLATES } from '../../../src/operations/init/templates.js'
import type { Answers, Facts, QuestionId } from '../../../src/operations/init/types.js'
import type { Asker, Choice } from '../../../src/operations/options.js'
import { everything, NOTHING } from './facts.js'

const about = { template: 'web-app', add: [], file: undefined, folder: 'My Shop', vault: {} } as const

/** Somebody who presses Enter at everything, unless told what to say; remembers what was asked. */
function fakeAsker(says: Readonly<Record<string, string>> = {}): Asker & { readonly asked: string[] } {
  const asked: string[] = []
  const answer = (message: string, otherwise: string): string => {
    asked.push(message)
    return Object.entries(says).find(([part]) => message.includes(part))?.[1] ?? otherwise
  }
  return {
    asked,
    text: async (message, suggestion = '', problem) => {
      const text = answer(message, suggestion)
      const wrong = problem(text)
      if (wrong !== undefined) throw new Error(wrong)
      return text
    },
    select: async (message, choices: readonly Choice[], suggestion) => answer(message, suggestion ?? choices[0]!.value),
    checkbox: async (message, choices) => answer(message, choices[0]!.value).split(','),
  }
}

const run = (
  given: Answers,
  facts: Facts,
  ask?: Asker,
  questions: readonly QuestionId[] = TEMPLATES['web-app'].questions,
) => interview({ questions, given, ask, about, look: async () => facts })

const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isIceError(error)) throw new Error('it was not refused')
  return `${error.code} ${error.message}`
}

describe('without questions', () => {
  test('nothing in sight: defaults', async () => {
    expect(await run({}, NOTHING)).toEqual({
      name: 'my-shop',
      cluster: 'demo',
      'auth-path': 'demo',
      'reviewer-namespace': 'vault-auth',
      'reviewer-service-account': 'vault-reviewer',
      namespace: 'app',
      'service-account': 'app',
      role: 'app',
      policy: 'app',
      audience: 'vault',
      'token-ttl': '1h',
      engine: 'secret',
      secret: 'app/config',
    })
  })

  test('what is seen: names that are free', async () => {
    const facts = everything({
      auth: [{ path: 'kind-demo', type: 'kubernetes' }],
      engines: [{ path: 'secret', type: 'kv', version: 2 }],
      policies: ['cart', 'cart-2'],
      accounts: { 'vault-auth': ['default', 'vault-reviewer'] },
    })
    expect(await run({ 'service-account': 'cart' }, facts)).toMatchObject({
      context: 'kind-demo',
      cluster: 'kind-demo',
      'auth-path': 'kind-demo-2',
      'reviewer-service-account': 'my-shop-reviewer',
      role: 'cart',
      policy: 'cart-3',
      engine: 'secret-2',
      secret: 'cart/config',
    })
  })

  test('an engine that is there and was named is used', async () => {
    const facts = everything({ engines: [{ path: 'kv', type: 'kv', version: 1 }] })
    expect(await run({ engine: 'kv' }, facts)).toMatchObject({ engine: 'kv' })
  })

  test('what the environment says and the file cannot is left out', async () => {
    const answers = await interview({
      questions: ['vault-address'],
      given: {},
      ask: undefined,
      about: { ...about, vault: { address: 'https://proxy.example.com/vault' } },
      look: async () => NOTHING,
    })
    expect(answers).toEqual({})
  })
})

test.each<[Answers, RegExp]>([
  [{ name: 'My Shop' }, /^ICE1100 --name: expected lower-case/],
  [{ namespace: '' }, /--namespace: expected an answer/],
  [{ 'vault-address': 'vault:8200' }, /--vault-address: expected the address of Vault/],
  [{ 'vault-address': 'https://user:password@vault' }, /--vault-address: expected the address of Vault/],
  [{ 'auth-path': 'a/../b' }, /--auth-path: the path has a segment/],
  [{ role: 'App' }, /--role: expected lower case/],
  [{ policy: 'root' }, /--policy: .*built in/],
  [{ 'token-ttl': 'soon' }, /--token-ttl: expected a duration/],
  [{ secret: 'team/*' }, /--secret: .*without \* or \+/],
  [{ secret: 'a//b' }, /--secret: the path has an empty segment/],
  [{ engine: 'sys' }, /--engine: sys\/ is there already, and it is of type system, not kv/],
  [{ engine: 'a*b' }, /--engine: .*has a \* before its end/],
])('%j is refused', async (given, words) => {
  expect(await refusal(run(given, everything()))).toMatch(words)
})

test('before anything is looked at, what can be said of flags is said', async () => {
  const { questions } = TEMPLATES['web-app']
  const sound = (given: Answers) => refusal((async () => requireSound({ questions, given, about }))())
  expect(await sound({ 'connection-url': 'db/app' })).toMatch(/--connection-url means nothing with --template web-app/)
  expect(await sound({ role: 'App' })).toMatch(/--role: expected lower case/)
  requireSound({ questions, given: { role: 'app', engine: 'sys', 'vault-namespace': 'a' }, about })
  const adding = { questions: questionsFor(['policy']), about: { ...about, template: undefined } }
  requireSound({ ...adding, given: { policy: 'p', grant: 'read kv only/vault/knows' } })
})

test('a password in a URL is refused, and not shown', async () => {
  const given = { 'connection-url': 'postgresql://vault:hunter2@db/app' }
  const { questions } = TEMPLATES.postgres
  const asking = { questions, given, ask: undefined, about: { ...about, template: 'postgres' } } as const
  const told = await refusal(interview({ ...asking, look: async () => everything() }))
  expect(told).toMatch(/--connection-url: .*without a password/)
  expect(told).not.toContain('hunter2')
})

describe('at a terminal', () => {
  test('Enter at everything is as good as --yes', async () => {
    const facts = everything({ namespaces: ['kube-system', 'shop'], accounts: { app: ['default'] } })
    expect(await run({}, facts, fakeAsker())).toEqual(await run({}, facts))
  })

  test('what a flag has answered is not asked', async () => {
    const given = { name: 'x', context: 'prod', 'vault-address': 'https://v', 'auth-path': 'p', namespace: 'n' }
    const ask = fakeAsker()
    await run({ ...given, 'service-account': 's', engine: 'e' }, everything(), ask)
    expect(ask.asked).toEqual(['Which secret of it? (a path)'])
  })

  test('something else than what is offered can be typed', async () => {
    const ask: Asker = { ...fakeAsker(), select: async () => '', text: async () => 'typed' }
    expect(await run({}, everything({ namespaces: ['shop'] }), ask)).toMatchObject({
      namespace: 'typed',
      engine: 'typed',
    })
  })

  test('nothing at all is an answer only where it can be left out', async () => {
    const problems: (string | undefined)[] = []
    const ask: Asker = {
      ...fakeAsker(),
      text: async (_, suggestion = '', problem) => {
        problems.push(problem(''))
        return suggestion
      },
    }
    await run({}, NOTHING, ask, ['context', 'vault-address', 'name'])
    expect(problems).toEqual([undefined, undefined, 'An answer is needed.'])
  })

  test('an engine that is there needs no connection', async () => {
    const facts = everything({ engines: [{ path: 'db', type: 'database' }] })
    const ask = fakeAsker({ 'Where in Vault are its secrets': 'db' })
    const answers = await interview({
      questions: TEMPLATES.postgres.questions,
      given: {},
      ask,
      about: { ...about, template: 'postgres' },
      look: async () => facts,
    })
    expect(answers).toMatchObject({ engine: 'db' })
    expect(answers).not.toHaveProperty('connection-url')
  })
})

describe('off a terminal', () => {
  const missing = (template: 'web-app' | 'postgres', given: Answers, others: string[] = []) => {
    const { questions } = TEMPLATES[template]
    return refusal((async () => requireAnswers({ questions, given, about: { ...about, template } }, others))())
  }

  test('the flags that are missing are named, all at once', async () => {
    const told = await missing('postgres', { name: 'x', engine: 'e' }, ['--template'])
    expect(told).toBe(
      'ICE1102 There is no terminal to ask at; these answers are missing: --template, --context, --vault-address, --auth-path, --namespace, --service-account, --connection-url, --username.',
    )
  })

  test('what is added to a file needs other answers', async () => {
    const questions = questionsFor(['role', 'engine'])
    const known = { questions, given: { 'engine-type': 'transit' }, about: { ...about, template: undefined } }
    const told = await refusal((async () => requireAnswers(known, ['--yes']))())
    expect(told).toMatch(/--yes, --engine, --namespace, --service-account, --policy\.$/)
  })
})
