export interface Counter {
  calls: number
}

/** The same client, whose calls are counted: every method of it that returns a promise is one, save closing it. */
export function counted<T extends object>(client: T, counter: Counter): T {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'close') return value
      return (...given: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, given)
        if (answer instanceof Promise) counter.calls += 1
        // Another token, the same server.
        return name === 'withToken' ? counted(answer as object, counter) : answer
      }
    },
  })
}
