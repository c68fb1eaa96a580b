import { mapBounded } from '../http/limit.js'
import { authRows, hostOf, isWorkloadMethod, readConfig } from './auth-mounts.js'
import { orUndefined } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

export interface ListedMount {
  readonly path: string
  readonly type: string
  readonly accessor: string
  readonly description: string
  /** Of the config: the API server, the issuer, or where the keys come from. */
  readonly host?: string
  readonly reviewerTokenSet?: boolean
  /** `none`: it was never written, or this token may not read it. */
  readonly config: 'read' | 'none'
}

export interface AuthListResult {
  readonly operation: 'auth list'
  readonly mounts: readonly ListedMount[]
}

/** The auth mounts through which workloads of a cluster may log in: those of the types kubernetes and jwt. */
export function authList(options: StepOptionsBase): Promise<AuthListResult> {
  return withStepSession(options, async ({ vault: open }) => {
    const vault = await open()
    const mounts = await mapBounded(await authRows(vault), async ([path, row]): Promise<readonly ListedMount[]> => {
      const { type, accessor, description = '' } = row
      if (!isWorkloadMethod(type)) return []
      const config = await orUndefined(() => readConfig(path, type, vault))
      const host = config && hostOf(config)
      return [
        {
          path,
          type,
          accessor,
          description,
          ...(host !== undefined && { host }),
          ...(config?.reviewerTokenSet !== undefined && { reviewerTokenSet: config.reviewerTokenSet }),
          config: config === undefined ? 'none' : 'read',
        },
      ]
    })
    return { operation: 'auth list', mounts: mounts.flat() }
  })
}
