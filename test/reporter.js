import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** The closing line that a person, or a pipeline, looks for; and the name of every test that was skipped. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    for (const file of results.testResults) {
      for (const test of file.testResults) {
        if (test.status === 'pending' || test.status === 'todo') process.stdout.write(`skipped: ${test.fullName}\n`)
      }
    }
    const failedFiles = results.testResults.filter((file) => file.testExecError).length
    const all = withEarlier({ passed: results.numPassedTests, failed: results.numFailedTests + failedFiles })
    const line = `\n${all.passed} passed, ${all.failed} failed\n`
    // After jest's own summary.
    process.once('exit', () => process.stdout.write(line))
  }
}

/** Counted together with the runs before this one, where test/run.js makes several. */
function withEarlier({ passed, failed }) {
  const file = process.env.ICEBREAKER_TEST_TALLY
  if (!file) return { passed, failed }
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 }
  const all = { passed: earlier.passed + passed, failed: earlier.failed + failed }
  writeFileSync(file, JSON.stringify(all))
  return all
}
