import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { IceError, VAULT } from '../../catalogue/index.js'
import { inTime } from '../../http/in-time.js'
import { redact, Secret } from '../../secrets/index.js'

/** What the provider sends the browser back with. */
export interface Callback {
  readonly code: Secret
  /** Tells the person in the browser how it went. */
  reply(ok: boolean): Promise<void>
}

export interface CallbackListener extends AsyncDisposable {
  /** The address that the browser must come back to. */
  readonly redirect: string
  /**
   * The answer to the request that this state was given to; others are turned away, since every program of this machine
   * reaches the port.
   * @throws IceError VAULT.browserLogin where the provider refused; the signal's reason
   */
  answer(state: string, until: AbortSignal): Promise<Callback>
}

const PATH = '/oidc/callback'

/** Waits on loopback for a browser to come back. @throws IceError VAULT.browserLogin where the port is taken */
export async function listenForCallback(port: number): Promise<CallbackListener> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  }).catch((error: unknown) => {
    throw new IceError(VAULT.browserLogin, {
      message: `Nothing can listen at 127.0.0.1:${port} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}), where the browser must come back to.`,
      next: ['Free the port, or choose another with callbackPort, which the role must allow, too.'],
    })
  })
  return {
    // As in Vault's documentation, and so in the roles that people have.
    redirect: `http://localhost:${port}${PATH}`,
    answer: (state, until) =>
      inTime(
        new Promise((resolve, reject) => {
          server.on('request', (request: IncomingMessage, response: ServerResponse) => {
            const query = queryOf(request)
            if (query === undefined) return void say(response, 404, 'Nothing is here.')
            if (query.get('state') !== state) return void say(response, 400, 'This is not the login that was begun.')
            const [error, code] = [query.get('error'), query.get('code')]
            if (code !== null && code !== '')
              return resolve({
                code: new Secret(code),
                reply: (ok) => say(response, ok ? 200 : 403, ok ? DONE : FAILED),
              })
            const why = redact(query.get('error_description') ?? error ?? 'it gave no code').slice(0, 300)
            void say(response, 403, FAILED).then(() =>
              reject(new IceError(VAULT.browserLogin, { message: `The provider refused the login: ${why}.` })),
            )
          })
        }),
        until,
      ),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const DONE = 'You are logged in. This page can be closed; go back to the terminal.'
const FAILED = 'The login failed. The terminal says why.'

function queryOf({ method, url = '' }: IncomingMessage): URLSearchParams | undefined {
  const target = URL.parse(url, 'http://localhost')
  return method === 'GET' && target?.pathname === PATH ? target.searchParams : undefined
}

function say(response: ServerResponse, status: number, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  response.once('close', () => resolve(undefined))
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    .end(`<!doctype html><meta charset="utf-8"><title>icebreaker</title><p>${text}</p>\n`)
  return promise
}
