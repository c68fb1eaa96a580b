import * as v from 'valibot'
import { kvConfigFields, kvConfigSchema } from '../../kinds/kv-config.js'
import { engineMountEntries, engineMountFields } from '../../kinds/mount.js'
import { stepFields } from '../step-fields.js'
import type { StepObject } from './object.js'

const mount = stepFields(v.strictObject(engineMountEntries), { table: engineMountFields })

const kvVersion = stepFields(v.strictObject({ version: engineMountFields.version.schema }), {
  table: engineMountFields,
}).map((field) => ({
  ...field,
  description: '2 keeps versions of a secret, 1 does not; it cannot be changed later. Default: 2',
}))

const kvConfig = stepFields(kvConfigSchema, { table: kvConfigFields })

/** A KV engine with how it keeps versions. */
export const kvEngine: StepObject = {
  kinds: ['EngineMount', 'KVConfig'],
  fields: [...kvVersion, ...kvConfig, ...mount],
  parts(name, section) {
    const isConfig = (member: string): boolean => kvConfig.some((field) => field.name === member)
    const [config, rest] = [true, false].map((wanted) =>
      Object.fromEntries(Object.entries(section).filter(([member]) => isConfig(member) === wanted)),
    )
    const engine = { type: 'kv', ...rest, ...(Object.keys(config ?? {}).length > 0 && { config }) }
    return { sections: () => ({ engines: { [name]: engine } }) }
  },
}

/** A transit engine. */
export const transitEngine: StepObject = {
  kinds: ['EngineMount'],
  fields: mount,
  parts: (name, section) => ({ sections: () => ({ engines: { [name]: { type: 'transit', ...section } } }) }),
}
