import '../servers/typescript.js'

// `apply` as a process of its own, for the tests that kill it: FILE, in the environment of an operator.
const { apply } = await import('../../src/operations/apply.ts')
const result = await apply({
  file: process.argv[2],
  only: [],
  dryRun: false,
  verify: 'never',
  confirm: () => Promise.resolve(true),
  emit: () => undefined,
  stop: new AbortController().signal,
})
process.exitCode = result.outcomes.every(({ state }) => state === 'done') ? 0 : 1
