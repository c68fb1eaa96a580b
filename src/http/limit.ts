import pLimit from 'p-limit'

/** How many things are under way at once; the connections to one server are bounded by themselves. */
const UNDER_WAY = 64

/** Maps side by side, bounded, in order. The first rejection rejects, and what is still waiting is never started. */
export async function mapBounded<T, R>(items: Iterable<T>, map: (item: T) => Promise<R>): Promise<R[]> {
  const limit = pLimit(UNDER_WAY)
  try {
    return await Promise.all(Array.from(items, (item) => limit(map, item)))
  } finally {
    limit.clearQueue()
  }
}

/** Lets at most that many calls run at once, the others in the order in which they came. */
export function limiter(most = UNDER_WAY): <R>(call: () => Promise<R>) => Promise<R> {
  const limit = pLimit(most)
  return (call) => limit(call)
}
