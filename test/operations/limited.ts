import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from './scenario.js'

/** A token with the default policy and this one. */
export async function limitedToken({ vault, id }: Scenario, name: string, policy: string): Promise<string> {
  await vault.write(path`sys/policies/acl/${id}-${name}`, { policy })
  const { login } = await vault.write(path`auth/token/create`, { policies: [`${id}-${name}`], ttl: '5m' })
  return Secret.reveal(login!.token)
}
