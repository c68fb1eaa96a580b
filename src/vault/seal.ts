import { IceError, VAULT } from '../catalogue/index.js'
import { Secret } from '../secrets/index.js'
import { parse } from './errors.js'
import { createLink, type LinkOptions } from './link.js'
import { path } from './path.js'
import type { Answer } from './transport.js'

/** sys/seal-status. https://developer.hashicorp.com/vault/api-docs/system/seal-status */
export interface SealStatus {
  /** `shamir`: people hold the keys. Anything else unseals by itself. */
  readonly type: string
  readonly initialized: boolean
  readonly sealed: boolean
  /** So many key shares are needed; 0 before it is initialised. */
  readonly threshold: number
  readonly shares: number
  /** So many were given already. */
  readonly progress: number
  readonly version: string
}

/** https://developer.hashicorp.com/vault/api-docs/system/init#parameters */
export interface InitRequest {
  readonly shares: number
  readonly threshold: number
  /** Recovery keys instead: of a server that unseals by itself. */
  readonly recovery: boolean
  /** Base64 of binary OpenPGP public keys, one for each share. */
  readonly pgpKeys: readonly string[]
  readonly rootTokenPgpKey?: string
}

export interface Initialised {
  /** Base64; encrypted to the PGP keys, where there are any: then of the message. */
  readonly keys: readonly Secret[]
  readonly rootToken: Secret
}

/** A server before anybody has a token: what it says of its seal, and what opens it. */
export interface Seal {
  status(): Promise<SealStatus>
  /** Done once in the life of a server. Never repeated: a second attempt fails, and the keys of the first are lost. */
  initialise(request: InitRequest): Promise<Initialised>
  /** One share. @throws IceError VAULT.badRequest where it is none of this server’s */
  unseal(key: Secret): Promise<SealStatus>
  close(): Promise<void>
}

/** Contacts nothing yet. */
export function openSeal(options: LinkOptions): Seal {
  const link = createLink(options)
  return {
    async status() {
      const answer = await link.send({
        ...{ method: 'GET', verb: 'read', path: path`sys/seal-status`, repeatable: true, rootNamespace: true },
      })
      return statusOf(answer)
    },
    async initialise({ shares, threshold, recovery, pgpKeys, rootTokenPgpKey }) {
      const [prefix, keys] = recovery ? ['recovery', 'recovery_pgp_keys'] : ['secret', 'pgp_keys']
      const body = {
        [`${prefix}_shares`]: shares,
        [`${prefix}_threshold`]: threshold,
        ...(pgpKeys.length > 0 && { [keys]: pgpKeys }),
        ...(rootTokenPgpKey !== undefined && { root_token_pgp_key: rootTokenPgpKey }),
      }
      const answer = await link.send({
        ...{ method: 'POST', verb: 'write', path: path`sys/init`, body, repeatable: false, rootNamespace: true },
      })
      const said = (parse(answer.text) ?? {}) as Record<string, unknown>
      const made = recovery ? said['recovery_keys_base64'] : said['keys_base64']
      if (!Array.isArray(made) || typeof said['root_token'] !== 'string') throw notVault('sys/init')
      return { keys: made.map((key) => new Secret(String(key))), rootToken: new Secret(said['root_token']) }
    },
    async unseal(key) {
      const answer = await link.send({
        ...{
          method: 'POST',
          verb: 'write',
          path: path`sys/unseal`,
          body: { key },
          repeatable: false,
          rootNamespace: true,
        },
      })
      return statusOf(answer)
    },
    close: () => link.close(),
  }
}

const notVault = (where: string): IceError =>
  new IceError(VAULT.notVault, { message: `The answer of ${where} is not Vault’s.` })

function statusOf({ text }: Answer): SealStatus {
  const said = (parse(text) ?? {}) as Record<string, unknown>
  if (typeof said['sealed'] !== 'boolean') throw notVault('sys/seal-status')
  const number = (key: string): number => (typeof said[key] === 'number' ? said[key] : 0)
  return {
    type: typeof said['type'] === 'string' ? said['type'] : 'shamir',
    initialized: said['initialized'] === true,
    sealed: said['sealed'],
    threshold: number('t'),
    shares: number('n'),
    progress: number('progress'),
    version: typeof said['version'] === 'string' ? said['version'] : '',
  }
}
