import { parse } from 'yaml'
import type { Bindings, Role } from './model.js'

/** Data of auth/MOUNT/role/NAME as a role. https://openbao.org/api-docs/auth/kubernetes/#create-update-role */
export function roleOfApi(mount: string, name: string, data: Readonly<Record<string, unknown>>): Role {
  const selector = selectorOf(text(data['bound_service_account_namespace_selector']))
  return {
    mount,
    name,
    bindings: {
      names: list(data['bound_service_account_names']),
      namespaces: list(data['bound_service_account_namespaces']),
      ...(selector !== undefined && { selector }),
    },
    // `policies` is the old name; a role that was written by it has both.
    policies: [...new Set([...list(data['token_policies']), ...list(data['policies'])])],
    noDefaultPolicy: data['token_no_default_policy'] === true,
    cidrs: list(data['token_bound_cidrs']),
    aliasName: data['alias_name_source'] === 'serviceaccount_name' ? 'name' : 'uid',
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** JSON or YAML of a LabelSelector; with matchExpressions the plug-in refuses it at every login (namespace_validator.go). */
function selectorOf(written: string): Bindings['selector'] {
  if (written.trim() === '') return undefined
  let parsed: unknown
  try {
    parsed = parse(written)
  } catch {
    return 'invalid'
  }
  if (parsed === null) return {}
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return 'invalid'
  const { matchLabels, matchExpressions } = parsed as { matchLabels?: unknown; matchExpressions?: unknown }
  if (matchExpressions !== undefined && matchExpressions !== null) return 'invalid'
  if (matchLabels === undefined || matchLabels === null) return {}
  if (typeof matchLabels !== 'object' || Array.isArray(matchLabels)) return 'invalid'
  const labels = Object.entries(matchLabels as Readonly<Record<string, unknown>>)
  if (labels.some(([, value]) => typeof value === 'object' && value !== null)) return 'invalid'
  // Numbers and truth values become texts, as sigs.k8s.io/yaml has it (seen on both products).
  return Object.fromEntries(labels.map(([key, value]) => [key, value === null ? '' : `${value as string | number}`]))
}

/** A row of sys/auth or sys/mounts. */
export interface MountRow {
  readonly type: string
  readonly accessor: string
  readonly options?: { readonly version?: string } | null
}

/** The secrets engines of a live Vault, as the file's `engines` would have them. */
export function enginesOfApi(rows: Readonly<Record<string, MountRow>>): Record<string, EngineSection> {
  return Object.fromEntries(
    Object.entries(rows).map(([path, { type, options }]) => [
      path.replace(/\/$/, ''),
      // KV without options is version 1; `generic` is its old name.
      type === 'kv' || type === 'generic' ? { type: 'kv', version: Number(options?.version ?? 1) } : { type },
    ]),
  )
}

/** What a question needs to know of an engine. */
export type EngineSection = {
  readonly type: string
  readonly version?: number
  readonly staticRoles?: Readonly<Record<string, { readonly connection: string }>>
}
