import { expect, test } from '@jest/globals'
import { isIceError } from '../../src/catalogue/index.js'
import { stopOnSignals } from '../../src/commands/base/stop.js'
import type { View } from '../../src/views/index.js'

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('the first %s asks to stop', (signal, exitCode) => {
  const told: string[] = []
  const stop = stopOnSignals({ stopping: (name: string) => told.push(name) } as unknown as View)
  try {
    expect([stop.exitCode(), stop.signal.aborted]).toEqual([undefined, false])
    process.emit(signal, signal)
    expect([stop.exitCode(), stop.signal.aborted, told]).toEqual([exitCode, true, [signal]])
    expect(isIceError(stop.signal.reason) && stop.signal.reason.code).toBe('ICE1104')
  } finally {
    stop.dispose()
  }
  expect(process.listeners(signal).length).toBe(0)
})
