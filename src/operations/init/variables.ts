import { isIceError } from '../../catalogue/index.js'
import { settingsFor } from './look-vault.js'
import type { Answers, InitOptions, Variable } from './types.js'

/** What must be in the environment so that the next commands do what this one saw. */
export function variablesFor(options: Pick<InitOptions, 'tokenFile' | 'kubeconfig'>, answers: Answers): Variable[] {
  const { 'password-env': password, 'vault-address': address } = answers
  return [
    ...(address !== undefined && isForeign(options, address)
      ? [{ name: 'VAULT_ADDR', value: address, why: 'a token goes only to the server that this names' }]
      : []),
    ...named('ICEBREAKER_TOKEN_FILE', options.tokenFile, 'holds the token'),
    ...named('KUBECONFIG', options.kubeconfig, 'leads to the cluster'),
    ...(password === undefined ? [] : [{ name: password, why: 'the password; the file holds only this name' }]),
  ]
}

const named = (name: string, value: string | undefined, why: string): Variable[] =>
  value === undefined || process.env[name] === value ? [] : [{ name, value, why }]

/** Would the next command refuse to send the token of the environment to the address in the file? */
function isForeign({ tokenFile }: Pick<InitOptions, 'tokenFile'>, address: string): boolean {
  try {
    return settingsFor({ given: {}, tokenFile }, { address }).foreign !== undefined
  } catch (error) {
    // It will say by itself what is wrong there.
    if (isIceError(error)) return false
    throw error
  }
}
