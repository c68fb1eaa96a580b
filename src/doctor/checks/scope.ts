import { DOCTOR } from '../../catalogue/index.js'
import { check, type AnyCheck } from '../contract.js'
import { mounts } from '../facts/vault.js'

/** Is there anything to examine? */
export const scopeChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.nothingToExamine],
    subject: 'vault',
    wants: { mounts },
    applies: (_vault, { isWritten }) => !isWritten,
    judge: (_vault, { mounts: { mounts, all } }) => {
      const types = Object.entries(mounts).flatMap(([path, { type }]) => (path.startsWith('auth/') ? [type] : []))
      if (types.includes('kubernetes') || types.includes('jwt')) return []
      if (!all)
        return {
          unknown: 'The token does not see all auth mounts, and among those that it sees none is for Kubernetes.',
        }
      return [
        {
          message: 'Vault has no auth mount of the type kubernetes or jwt, so no workload of a cluster can log in.',
          evidence: { 'auth mounts': types.join(', ') || 'none' },
          remedy: { commands: ['icebreaker init', 'icebreaker apply'], text: 'Introduce the two to each other:' },
        },
      ]
    },
  }),
]
