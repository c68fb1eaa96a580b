/** What a fresh server is asked with: its own CA, and who asks. All PEM. */
export interface Asker {
  readonly ca: string
  readonly certificate?: string
  readonly key?: string
}

export interface Answer {
  readonly status: number
  /** Parsed JSON; undefined for any other body. */
  readonly body: unknown
}

const TIMEOUT_MS = 10_000

/** One HTTPS request on a connection of its own; undefined where nobody answers. */
export async function ask(
  asker: Asker,
  url: string,
  request: { readonly method?: 'GET' | 'PUT' | 'POST'; readonly body?: unknown; readonly token?: string } = {},
): Promise<Answer | undefined> {
  const { Agent, request: send } = await import('undici')
  const { ca, certificate: cert, key } = asker
  const dispatcher = new Agent({ connect: { ca, ...(cert && key ? { cert, key } : {}) } })
  try {
    const { statusCode, body } = await send(url, {
      dispatcher,
      method: request.method ?? 'GET',
      body: request.body === undefined ? null : JSON.stringify(request.body),
      headers: request.token ? { 'X-Vault-Token': request.token } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await body.text()
    return { status: statusCode, body: parse(text) }
  } catch {
    return undefined
  } finally {
    await dispatcher.close()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
