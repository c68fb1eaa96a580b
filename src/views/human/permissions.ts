import type { PermissionsResult } from '../../operations/permissions.js'
import { shellQuote } from '../text.js'

/**
 * The policy and the manifests themselves: each alone is fit for `vault policy write` and `kubectl apply`. Where they were
 * saved, what to type next.
 */
export function permissionsText({ vault, clusters = {}, savedTo }: PermissionsResult): string {
  if (savedTo !== undefined) return `${savedLines(savedTo, vault?.name).join('\n')}\n`
  const texts = [...(vault === undefined ? [] : [vault.policy]), ...Object.values(clusters).map((one) => one.manifests)]
  return texts.join('\n')
}

function savedLines(paths: readonly string[], policy: string | undefined): string[] {
  const next = paths.map((path) =>
    path.endsWith('.hcl')
      ? `  vault policy write ${policy ?? ''} ${shellQuote(path)}`
      : `  kubectl apply -f ${shellQuote(path)}`,
  )
  return [...paths.map((path) => `Saved ${path}`), '', 'Next, as an administrator of each server:', ...next]
}
