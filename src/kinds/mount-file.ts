import type { FileSection } from './contract.js'
import { besides, sectionOf, type Fields, type Values } from './fields.js'

/** What the server says of a mount, and nobody sets. */
const SERVERS_OWN = [
  'accessor',
  'uuid',
  'deprecation_status',
  'running_plugin_version',
  'running_sha256',
  // Of a plug-in that is not built in it repeats the type.
  'plugin_name',
]

/** The section of a mount that stands. Pure. `raw`: its row of sys/auth or sys/mounts. */
export function mountInFile(fields: Fields, values: Values, raw: Readonly<Record<string, unknown>>): FileSection {
  const { config, options, ...row } = raw
  const flat = { ...row, ...(config as object | undefined), ...(options as object | null | undefined) }
  return {
    section: sectionOf(fields, values),
    holes: [],
    remarks: [],
    unsaid: Object.keys(besides(fields, flat, SERVERS_OWN)),
  }
}
