import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../src/secrets/index.js'
import { path } from '../../src/vault/index.js'
import type { Scenario } from '../operations/scenario.js'

/** A file that holds the token of an operator with these policies’ rules and no others than `default`’s. */
export async function tokenWith(
  { id, folder, vault }: Pick<Scenario, 'id' | 'folder' | 'vault'>,
  rules: string,
  more: Readonly<Record<string, string | number>> = {},
): Promise<string> {
  const name = `${id}-operator`
  await vault.write(path`sys/policies/acl/${name}`, { policy: rules }, { repeatable: true })
  const { login } = await vault.write(path`auth/token/create`, { policies: [name], ttl: '1h', ...more })
  const file = join(folder, 'operator-token')
  writeFileSync(file, Secret.reveal(login!.token), { mode: 0o600 })
  return file
}
