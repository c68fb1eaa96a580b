import { IceError, USAGE } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { readConnection } from './database-connection.js'
import { engineAt } from './engine-mount.js'
import type { StepResult } from './results.js'
import { step, type StepOptions } from './step.js'
import type { Step } from './step-file.js'
import { withStepSession } from './step-session.js'

interface Target {
  readonly mount: string
  readonly name: string
}

type Engine = Extract<File['engines'][string], { connections: unknown }>
type Connection = Engine['connections'][string]

/**
 * Writes a database connection, in an engine that is mounted where it is missing. A new one is asked for the credentials
 * that its URL speaks of; of one that is there they stay as they are.
 * @throws IceError VAULT.notThere where something else is mounted there; USAGE.nobodyToAsk
 */
export async function databaseConfigure(options: StepOptions, target: Target): Promise<StepResult> {
  const { mount, name } = target
  const asks = await withStepSession(options, async ({ file, vaultIo }) => {
    const io = await vaultIo()
    const engine = await engineAt(mount, 'database', io.vault)
    const live = engine && (await readConnection(target, io))
    const wanted = (file.engines[mount] as Engine).connections[name]
    return live === undefined && wanted !== undefined && lacksPassword(wanted)
  })
  if (!asks) return step(options)
  if (options.prompt === undefined)
    throw new IceError(USAGE.nobodyToAsk, { message: '--password is missing.', next: ['Add --password SOURCE.'] })
  return step({ ...options, step: withPassword(options.step, target) })
}

/** @throws IceError USAGE.nobodyToAsk where the name is missing: at a terminal it was asked for */
function lacksPassword({ url = '', username, password }: Connection): boolean {
  if (url.includes('{{username}}') && username === undefined)
    throw new IceError(USAGE.nobodyToAsk, { message: '--username is missing.', next: ['Add --username NAME.'] })
  return url.includes('{{password}}') && password === undefined
}

/** The password is asked for when it is written, like that of a file. */
function withPassword(wanted: Step, { mount, name }: Target): Step {
  return {
    ...wanted,
    sections(place) {
      const sections = wanted.sections(place) as { readonly engines: Readonly<Record<string, Engine>> }
      const engine = sections.engines[mount] as Engine
      const connection = {
        ...engine.connections[name],
        password: { prompt: `Password of Vault’s user for ${mount}/${name}` },
      }
      return { ...sections, engines: { [mount]: { ...engine, connections: { [name]: connection } } } }
    },
  }
}
