import { observedValues } from '../kinds/fields.js'
import { authMountFields } from '../kinds/mount.js'
import { authRows, isWorkloadMethod, readConfig, type LiveConfig } from './auth-mounts.js'
import { notThere, shownFields, type ShownField } from './step-shown.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'

export interface AuthShowResult {
  readonly operation: 'auth show'
  readonly address: string
  readonly path: string
  readonly type: string
  readonly accessor: string
  readonly mount: readonly ShownField[]
  /** Undefined: it was never written. */
  readonly config?: LiveConfig
}

/** An auth mount and its config: every field that can be read. @throws IceError VAULT.notThere */
export function authShow(options: StepOptionsBase): Promise<AuthShowResult> {
  return withStepSession(options, async ({ place: { mount: path }, vault: open }) => {
    const vault = await open()
    const rows = await authRows(vault)
    const row = rows.get(path)
    if (row === undefined) {
      const others = [...rows].filter(([, { type }]) => isWorkloadMethod(type)).map(([other]) => other)
      throw notThere(`The auth mount ${path}`, path, others)
    }
    const { type, accessor } = row
    const config = isWorkloadMethod(type) ? await readConfig(path, type, vault) : undefined
    return {
      operation: 'auth show',
      address: `vault:sys/auth/${path}`,
      path,
      type,
      accessor,
      mount: shownFields(authMountFields, observedValues(authMountFields, { ...row, ...row.config })),
      ...(config && { config }),
    }
  })
}
