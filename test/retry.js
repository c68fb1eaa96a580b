import { jest } from '@jest/globals'

// In CI one test that fails is tried once more, with the first error told: real servers share two cores there.
if (process.env['CI'] === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true })
