import { readFile } from 'node:fs/promises'
import { FILE, IceError } from '../catalogue/index.js'
import { readSmallFile } from '../secrets/small-file.js'

/** The first octet of a public-key packet, in the old and the new format (RFC 9580, section 4.2). */
const PUBLIC_KEY = [0x98, 0x99, 0x9a, 0xc6]

/**
 * An OpenPGP public key as Vault wants it: base64 of the binary key. The file may be armored or binary.
 * @throws IceError FILE.unreadable
 */
export async function readPgpKey(path: string): Promise<string> {
  const bytes = await binaryOf(path)
  if (!PUBLIC_KEY.includes(bytes[0] ?? 0)) throw notAKey(path, 'holds no OpenPGP public key')
  return bytes.toString('base64')
}

async function binaryOf(path: string): Promise<Buffer> {
  const read = await readSmallFile(path)
  if ('problem' in read) {
    // What is no text may be a binary key.
    if (read.problem === 'is not UTF-8 text') return readFile(path)
    throw notAKey(path, read.problem)
  }
  const armored = ARMOR.exec(read.text)?.[1]
  if (armored === undefined) throw notAKey(path, 'holds no armored OpenPGP public key')
  // The last line, which begins with =, is a checksum.
  const lines = armored.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('='))
  return Buffer.from(lines.join(''), 'base64')
}

/** Headers, an empty line, base64 (RFC 9580, section 6.2). */
const ARMOR =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z-]+: .*\r?\n)*\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/

const notAKey = (path: string, problem: string): IceError =>
  new IceError(FILE.unreadable, {
    message: `The file ${JSON.stringify(path)} ${problem}.`,
    next: ['Export the public key: gpg --export --armor NAME > key.asc'],
  })
