import type { Plan } from '../reconcile/plan.js'
import type { PlanResult, Servers } from './results.js'
import type { Session } from './session.js'

export function serversOf(session: Session): Servers {
  const clusters = Object.keys(session.file.clusters).map((name) => [name, session.io.cluster(name).server] as const)
  return { vault: session.io.vault.address, clusters: Object.fromEntries(clusters) }
}

export function describe(session: Session, plan: Plan): PlanResult {
  return { operation: 'plan', file: session.file.name, servers: serversOf(session), plan }
}
