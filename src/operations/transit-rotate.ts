import { path } from '../vault/index.js'
import { withStepSession, type StepOptionsBase } from './step-session.js'
import { mountAndName } from './steps/target.js'
import { requireKey, versionsOf, type KeyVersions } from './transit-key.js'

export interface TransitRotateOptions extends StepOptionsBase {
  /** MOUNT/NAME */
  readonly target: string
  readonly dryRun: boolean
}

export interface TransitRotateResult {
  readonly operation: 'transit rotate'
  readonly address: string
  readonly mount: string
  readonly key: string
  readonly type: string
  readonly dryRun: boolean
  readonly before: KeyVersions
  /** The same as before, where nothing was written. */
  readonly after: KeyVersions
}

/**
 * Makes a new version of a key: what is encrypted or signed from now on uses it, what was before can still be read.
 * @throws IceError VAULT.notThere; VAULT.outcomeUnknown where the answer was lost, for a second call would make one more
 */
export function transitRotate(options: TransitRotateOptions): Promise<TransitRotateResult> {
  const { mount, name } = mountAndName(options.target, 'KEY')
  return withStepSession(
    options,
    async ({ vault: open, stop }) => {
      const vault = await open()
      const key = await requireKey(mount, name, vault)
      stop.throwIfAborted()
      if (!options.dryRun) await vault.write(path`${mount}/keys/${name}/rotate`, {})
      const after = options.dryRun ? key : await requireKey(mount, name, vault)
      return {
        operation: 'transit rotate',
        address: `vault:${mount}/keys/${name}`,
        mount,
        key: name,
        type: key.type,
        dryRun: options.dryRun,
        before: versionsOf(key),
        after: versionsOf(after),
      }
    },
    true,
  )
}
