/** The closing line that a person, or a pipeline, looks for; and the name of every test that was skipped. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    for (const file of results.testResults) {
      for (const test of file.testResults) {
        if (test.status === 'pending' || test.status === 'todo') process.stdout.write(`skipped: ${test.fullName}\n`)
      }
    }
    const failedFiles = results.testResults.filter((file) => file.testExecError).length
    const line = `\n${results.numPassedTests} passed, ${results.numFailedTests + failedFiles} failed\n`
    // After jest's own summary.
    process.once('exit', () => process.stdout.write(line))
  }
}
