import { isIceError } from '../catalogue/index.js'
import { isExpiredScratch } from '../kinds/scratch.js'
import { splitAccount } from '../kinds/service-account.js'
import { path } from '../vault/index.js'
import { sweep } from '../verify/borrow.js'
import type { Asker } from './ask.js'
import type { Scene } from './contract.js'
import { roleNames, visitor } from './facts/mount.js'
import type { Subject } from './subject.js'

/** Removes what earlier runs left when they were killed: scratch roles and marker Secrets that have expired, as far as it may. */
export async function sweepExpired(subjects: readonly Subject[], scene: Scene, asker: Asker): Promise<void> {
  await Promise.all([
    ...subjects.map(async (subject) => {
      if (subject.kind !== 'mount') return
      const names = await asker.know(roleNames, subject)
      const expired = names.known ? names.value.filter((name) => isExpiredScratch(name)) : []
      await Promise.all(expired.map((name) => quietly(scene.vault.delete(path`auth/${subject.mount}/role/${name}`))))
    }),
    ...[...(await placesOf(subjects, asker))].map(([cluster, namespaces]) =>
      quietly(sweep(scene.io, cluster, namespaces)),
    ),
  ])
}

/** The namespaces in which markers are made, by cluster. */
async function placesOf(subjects: readonly Subject[], asker: Asker): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = await Promise.all(
    subjects.map(async (subject) => {
      if (subject.kind !== 'mount' && subject.kind !== 'workload') return []
      const { cluster } = subject
      if (cluster === undefined) return []
      if (subject.kind === 'workload')
        return subject.account === undefined ? [] : [[cluster, splitAccount(subject.account).namespace] as const]
      const visiting = await asker.know(visitor, subject)
      return visiting.known ? [[cluster, splitAccount(visiting.value).namespace] as const] : []
    }),
  )
  const byCluster = Map.groupBy(found.flat(), ([cluster]) => cluster)
  return new Map([...byCluster].map(([cluster, all]) => [cluster, new Set(all.map(([, namespace]) => namespace))]))
}

async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isIceError(error)) throw error
  })
}
