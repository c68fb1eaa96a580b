import '../servers/typescript.js'

// One operation as a process of its own, for the tests that kill it: OPERATION FILE, in the environment of an operator.
const [, , operation, file] = process.argv
const common = {
  file,
  dryRun: false,
  confirm: () => Promise.resolve(true),
  emit: () => undefined,
  stop: new AbortController().signal,
}
const operations = {
  apply: async () => (await import('../../src/operations/apply.ts')).apply({ ...common, only: [], verify: 'never' }),
  destroy: async () =>
    (await import('../../src/operations/destroy.ts')).destroy({ ...common, withData: true, changedToo: false }),
  prune: async () =>
    (await import('../../src/operations/prune.ts')).prune({ ...common, withData: true, changedToo: false }),
}
const { outcomes } = await operations[operation]()
const failed = outcomes.filter(({ state }) => state !== 'done')
if (failed.length > 0) process.stderr.write(`${JSON.stringify(failed)}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
