import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A fake LDAP server: it knows whose simple bind (RFC 4511, 4.2) is right, and finds every entry that is searched for. */
export async function startFakeDirectory(
  users: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (message) => {
      const [id, request] = [
        element(message.subarray(2)),
        element(message.subarray(2 + element(message.subarray(2)).length)),
      ]
      const answer = (tag: number, ...parts: Buffer[]): void => void socket.write(tlv(0x30, id, tlv(tag, ...parts)))
      const [first, second, third] = [...elements(request.subarray(2))]
      switch (request[0]) {
        case BIND: {
          const isRight = users[textOf(second)] === textOf(third)
          return answer(BIND + 1, ...result(isRight ? SUCCESS : INVALID_CREDENTIALS))
        }
        case SEARCH:
          answer(SEARCH + 1, tlv(0x04, Buffer.from(textOf(first))), tlv(0x30, nameAttribute(textOf(first))))
          return answer(SEARCH + 2, ...result(SUCCESS))
        default:
          return void socket.end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const [BIND, SEARCH] = [0x60, 0x63]
const [SUCCESS, INVALID_CREDENTIALS] = [0, 49]

/** `cn=ada,ou=users` has the attribute cn: ada. */
function nameAttribute(entry: string): Buffer {
  const [type = '', value = ''] = (entry.split(',')[0] ?? '').split('=')
  return tlv(0x30, tlv(0x04, Buffer.from(type)), tlv(0x31, tlv(0x04, Buffer.from(value))))
}

/** Code, matched DN, message. */
const result = (code: number): Buffer[] => [tlv(0x0a, Buffer.of(code)), tlv(0x04), tlv(0x04)]

/** BER with lengths of one byte, which suffice here. */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag, content.length), content])
}

const element = (data: Buffer): Buffer => data.subarray(0, 2 + data.readUInt8(1))

function* elements(data: Buffer): Iterable<Buffer> {
  for (let rest = data; rest.length > 1; rest = rest.subarray(element(rest).length)) yield element(rest)
}

const textOf = (one: Buffer | undefined): string => String(one?.subarray(2))
