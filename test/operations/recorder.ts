import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, Agent, request as send } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parse } from 'yaml'
import { createAuthority } from '../../src/sandbox/certificates.js'
import { servers } from '../servers/index.js'

export interface Recorded {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Parsed JSON; undefined where there was none. */
  readonly body: unknown
  status?: number
}

export type Step = 'before' | 'after'

/** A server before a real one, that writes down what passes and lets a test step in. */
export interface Recorder {
  readonly address: string
  readonly caFile: string
  readonly requests: Recorded[]
  /** What changes something, in the order in which it was begun. */
  writes(): Recorded[]
  /**
   * Called with each request before it is passed on, and again with its answer before that is given back. A promise is
   * awaited; where it is rejected the connection is cut; a number is the status of an answer of its own.
   */
  meddle: (request: Recorded, step: Step) => Promise<number | undefined> | number | undefined
  close(): Promise<void>
}

interface Upstream {
  readonly address: string
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

export const beforeVault = (folder: string): Promise<Recorder> =>
  startRecorder(folder, 'vault', { address: servers().vaultAddress, ca: readFileSync(servers().caFile, 'utf8') })

/** Before the API server, with the administrator's certificate; `kubeconfig` leads to it. */
export async function beforeKubernetes(folder: string): Promise<Recorder & { readonly kubeconfig: string }> {
  const { apiServer, apiServerCA, kubeconfig, context } = servers()
  const { users } = parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] }
  const decoded = (name: string): string => Buffer.from(users[0]?.user[name] ?? '', 'base64').toString()
  const recorder = await startRecorder(folder, 'kubernetes', {
    address: apiServer,
    ca: readFileSync(apiServerCA, 'utf8'),
    cert: decoded('client-certificate-data'),
    key: decoded('client-key-data'),
  })
  const file = join(folder, 'recorded-kubeconfig')
  const cluster = { server: recorder.address, 'certificate-authority': recorder.caFile }
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'replaced by the certificate' } }],
      contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
    }),
  )
  return Object.assign(recorder, { kubeconfig: file })
}

async function startRecorder(folder: string, name: string, upstream: Upstream): Promise<Recorder> {
  const authority = await createAuthority(`recorder before ${name}`)
  const { certificate, key } = await authority.server()
  const caFile = join(folder, `${name}-recorder.pem`)
  writeFileSync(caFile, authority.certificate)
  const agent = new Agent({ ...upstream, keepAlive: true })
  const server = createServer({ cert: certificate, key }, (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const recorder: Recorder = {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caFile,
    requests: [],
    writes: () => recorder.requests.filter(isWrite),
    meddle: () => undefined,
    close: () =>
      new Promise((resolve) => {
        agent.destroy()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return recorder

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = Buffer.concat(await request.toArray())
      const { method = '', url = '', headers } = request
      const recorded: Recorded = { method, path: url, body: json(body) }
      recorder.requests.push(recorded)
      const status = await recorder.meddle(recorded, 'before')
      const answer = typeof status === 'number' ? refusal(status) : await pass(method, url, headers, body)
      recorded.status = answer.status
      await recorder.meddle(recorded, 'after')
      response.writeHead(answer.status, answer.headers).end(answer.body)
    } catch {
      response.destroy()
    }
  }

  function pass(method: string, url: string, headers: IncomingMessage['headers'], body: Buffer) {
    const { host: _host, authorization, ...others } = headers
    const own = upstream.cert === undefined && authorization !== undefined ? { authorization } : {}
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
      const call = send(upstream.address + url, { method, agent, headers: { ...others, ...own } }, (answer) => {
        answer.toArray().then((chunks) => {
          const { 'transfer-encoding': _chunked, ...rest } = answer.headers
          resolve({ status: answer.statusCode ?? 0, headers: rest, body: Buffer.concat(chunks as Buffer[]) })
        }, reject)
      })
      call.on('error', reject)
      call.end(body)
    })
  }
}

const refusal = (status: number) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: ['as the test wants it'] })),
})

/** Reviews and questions are asked by POST, and change nothing. */
const isWrite = ({ method, path }: Recorded): boolean =>
  method !== 'GET' && !/selfsubjectaccessreviews|capabilities-self|\/leases\/(?!revoke-prefix)/.test(path)

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
