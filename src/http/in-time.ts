/** The promise's result, unless the signal is aborted before: then its reason is thrown, and what comes later is dropped. */
export async function inTime<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    // The signal of a run outlives thousands of requests.
    signal.removeEventListener('abort', abort)
  }
}
