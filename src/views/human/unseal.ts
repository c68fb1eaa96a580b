import type { UnsealResult } from '../../operations/unseal.js'
import { count } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

/** What was made and where it is, and whether the server is open. */
export function unsealText({ address, initialised, files, encrypted, seal }: Told<UnsealResult>, theme: Theme): string {
  const made = initialised
    ? [
        `${address} is initialised with ${count(seal.shares, 'key share')}, of which ${seal.threshold} open it:`,
        ...files.map((file) => `  ${file}`),
        encrypted
          ? 'Each share is encrypted to its holder: base64 --decode < FILE | gpg --decrypt.'
          : 'Give each share to somebody else, and keep none of them here.',
        'The root token may do everything: make a token with fewer rights, then revoke it.',
        '',
      ]
    : []
  return `${[...made, verdict({ address, seal }, theme)].join('\n')}\n`
}

function verdict({ address, seal }: Pick<Told<UnsealResult>, 'address' | 'seal'>, theme: Theme): string {
  if (!seal.sealed) return theme.good(`${address} is unsealed.`)
  if (seal.type !== 'shamir') return theme.warn(`${address} is sealed; its seal (${seal.type}) opens it by itself.`)
  const left = Math.max(0, seal.threshold - seal.progress)
  return `${theme.warn(`${address} is sealed: ${count(left, 'more share')} needed.`)}\nNext: icebreaker integrate unseal, by whoever holds a share.`
}
