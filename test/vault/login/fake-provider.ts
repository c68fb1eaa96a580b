import { createSign, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A fake provider of OpenID Connect that logs in whoever comes; Vault speaks to it as to a real one. */
export interface FakeProvider {
  /** Its issuer. */
  readonly url: string
  readonly clientID: string
  readonly clientSecret: string
  /** Refuses the next login, as when a person declines. */
  refuse(): void
  close(): Promise<void>
}

export async function startFakeProvider(): Promise<FakeProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const clientID = 'icebreaker-test'
  const nonces = new Map<string, string>()
  let refuses = false
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = (claims: object): string => {
    const head = `${part({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${part(claims)}`
    return `${head}.${createSign('RSA-SHA256').update(head).sign(privateKey, 'base64url')}`
  }
  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const asked = new URL(request.url ?? '', url)
    const json = (body: object): void => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (asked.pathname === '/.well-known/openid-configuration') {
      return json({
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      })
    }
    if (asked.pathname === '/keys') {
      return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] })
    }
    if (asked.pathname === '/authorize') {
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('state', asked.searchParams.get('state') ?? '')
      if (refuses) {
        refuses = false
        back.searchParams.set('error', 'access_denied')
        back.searchParams.set('error_description', 'the person said no')
      } else {
        const code = `code-${nonces.size}`
        nonces.set(code, asked.searchParams.get('nonce') ?? '')
        back.searchParams.set('code', code)
      }
      return void response.writeHead(302, { location: back.href }).end()
    }
    void text(request).then((body) => {
      const code = new URLSearchParams(body).get('code') ?? ''
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: url, sub: 'person', aud: clientID, iat: now, exp: now + 300, nonce: nonces.get(code) }
      json({ access_token: 'unused', token_type: 'Bearer', id_token: signed(claims) })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientID,
    clientSecret: 'a-client-secret',
    refuse: () => {
      refuses = true
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
