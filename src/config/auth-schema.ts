import * as v from 'valibot'
import { vaultPath } from '../kinds/atoms.js'
import { authConfigEntries } from '../kinds/auth-config-fields.js'
import { authJwtConfigEntries, KEY_SOURCES } from '../kinds/auth-jwt-config.js'
import { authMountEntries } from '../kinds/mount.js'
import { reviewerChoice } from '../kinds/reviewer.js'

const authPath = { path: v.pipe(vaultPath, v.description('Where the auth mount is in Vault: auth/PATH.')) }

/** `clusters.NAME.auth`: one of two methods. */
export const authSchema = v.pipe(
  v.union([
    v.strictObject({
      method: v.optional(
        v.pipe(v.literal('kubernetes'), v.description('Vault checks tokens by asking the cluster.')),
        'kubernetes',
      ),
      ...authPath,
      reviewer: v.pipe(reviewerChoice, v.description('As whom Vault asks the cluster whether a token is good.')),
      ...authMountEntries,
      ...authConfigEntries,
    }),
    v.strictObject({
      method: v.pipe(
        v.literal('jwt'),
        v.description('Vault checks tokens by the cluster’s public keys, and asks nobody.'),
      ),
      ...authPath,
      keys: v.optional(
        v.pipe(
          v.picklist(KEY_SOURCES),
          v.description(
            'How Vault comes to the keys. discovery: from the issuer. jwks: from the API server. pinned: written down as they are at apply.',
          ),
        ),
        'discovery',
      ),
      anonymousDiscovery: v.optional(
        v.pipe(
          v.boolean(),
          v.description(
            'Let everybody who reaches the API server read its issuer and public keys: Vault has no account there.',
          ),
        ),
        false,
      ),
      ...authMountEntries,
      ...authJwtConfigEntries,
    }),
  ]),
  v.description('How the workloads of this cluster log in.'),
)
