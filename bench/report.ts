import { median, type Times } from './measure.js'

/** One thing against another, and how much of the other's time it should take at most. */
export interface Comparison {
  readonly what: string
  readonly times: Times
  readonly against: string
  readonly base: Times
  readonly target: number
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** The ratio of the medians, and both with their extremes. */
export function report({ what, times, against, base, target }: Comparison): void {
  const ratio = median(times) / median(base)
  say()
  say(`${what}: ${ratio.toFixed(2)} (target: ${target} at most)`)
  say(`    ${spread(times)}`)
  say(`    ${spread(base)}  ${against}`)
}

function spread(times: Times): string {
  const ms = (value: number) => `${Math.round(value)}`.padStart(5)
  return `${ms(median(times))} ms  (${ms(Math.min(...times))} to ${ms(Math.max(...times))}, ${times.length} runs)`
}
