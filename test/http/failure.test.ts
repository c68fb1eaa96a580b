import { expect, test } from '@jest/globals'
import { failureOf, type FailureReason } from '../../src/http/failure.js'

test.each<[string, boolean, FailureReason]>([
  ['ENOTFOUND', false, 'dns'],
  ['ECONNREFUSED', false, 'refused'],
  ['EHOSTUNREACH', false, 'noRoute'],
  ['UND_ERR_CONNECT_TIMEOUT', false, 'timeout'],
  ['ECONNRESET', false, 'handshake'],
  ['ECONNRESET', true, 'lost'],
  ['ERR_HTTP2_STREAM_ERROR', true, 'lost'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false, 'untrusted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'wrongName'],
  ['CERT_NOT_YET_VALID', false, 'expired'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'notTLS'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true, 'tlsFailed'],
  ['EPROTO', false, 'tlsFailed'],
  ['HPE_INVALID_CONSTANT', true, 'notHTTP'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', true, 'tooLarge'],
  ['ESOMETHING', true, 'other'],
])('%s, connected: %s, is %s', (code, connected, reason) => {
  expect(failureOf({ code }, connected)).toEqual({ reason, code, sent: connected })
})

test('where there is no code, the name or the message says it', () => {
  const parser = Object.assign(new Error('Expected HTTP/'), { name: 'HTTPParserError' })
  expect(failureOf(parser, true)).toEqual({ reason: 'notHTTP', code: 'HTTPParserError', sent: true })
  const refusing = new Error('Proxy response (407) !== 200 when HTTP Tunneling')
  expect(failureOf(refusing, false)).toMatchObject({ reason: 'proxy' })
  expect(failureOf(new DOMException('stop', 'AbortError'), true)).toMatchObject({ reason: 'other', code: 'AbortError' })
  expect(failureOf(undefined, false)).toEqual({ reason: 'other', code: 'unknown', sent: false })
})
