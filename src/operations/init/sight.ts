import type { File } from '../../config/file.js'
import { resolveBeside } from '../../config/index.js'
import type { VaultSection } from '../../vault/environment.js'
import { createLooker, type ClusterPlace } from './look.js'
import { accountNotes, clusterNotes, vaultNotes, type Note } from './tell.js'
import type { Answers, Facts, InitOptions, Seen } from './types.js'

/** Looks at the servers that the answers so far, or the file that is there, speak of; tells what it sees, once. */
export interface Sight {
  look(needs: readonly (keyof Facts)[], answers: Answers): Promise<Facts>
  close(): Promise<void>
}

/** For each thing that is looked at. */
const PATIENCE_MS = 5_000

const NO_ACCOUNTS: Facts['accounts'] = {}
const NOT_LOOKED: Seen<never> = { seen: false, why: 'it was not looked at' }

export function createSight(options: InitOptions, file: File | undefined): Sight {
  const { given, emit, stop, timeout = PATIENCE_MS, out } = options
  const { tokenFile, kubeconfig } = options
  const looker = createLooker({ given, tokenFile, kubeconfig, timeout, emit, stop })
  const told = new Set<unknown>()
  let hasCluster = false
  const tell = (seen: Seen<unknown>, texts: () => readonly Note[]): void => {
    if (told.has(seen)) return
    told.add(seen)
    for (const note of texts()) emit({ type: 'note', ...note })
  }

  // While the first questions are asked. A plug-in may ask for a login, so no cluster is tried that nobody has chosen.
  const chosen = given.context === undefined ? [] : [looker.cluster(placeOf(given))]
  const begun = [looker.contexts(), looker.vault(sectionOf(given)), ...chosen]
  for (const look of begun) look.catch(() => undefined)

  function sectionOf(answers: Answers): VaultSection {
    if (file === undefined) return { address: answers['vault-address'] }
    const { address, namespace, tlsServerName, caFile } = file.vault
    return { address, namespace, tlsServerName, caFile: caFile === undefined ? undefined : resolveBeside(out, caFile) }
  }

  function placeOf({ context }: Answers): ClusterPlace {
    const [first] = Object.values(file?.clusters ?? {})
    if (first === undefined || context !== undefined) return { context }
    const own = first.kubeconfig === undefined ? undefined : resolveBeside(out, first.kubeconfig)
    return { context: first.context, inCluster: first.inCluster, kubeconfig: kubeconfig ?? own }
  }

  async function accountsOf(answers: Answers): Promise<Facts['accounts']> {
    const namespaces = [answers.namespace, answers['reviewer-namespace'], answers['operator-namespace']]
    const wanted = [...new Set(namespaces.filter((name) => name !== undefined))]
    const accounts = await Promise.all(wanted.map((name) => looker.accounts(placeOf(answers), name)))
    return Object.fromEntries(wanted.map((name, index) => [name, accounts[index] ?? NOT_LOOKED]))
  }

  return {
    async look(needs, answers) {
      const wants = (fact: keyof Facts): boolean => needs.includes(fact)
      const [contexts, vault, cluster, accounts] = await Promise.all([
        wants('contexts') ? looker.contexts() : NOT_LOOKED,
        wants('vault') ? looker.vault(sectionOf(answers)) : NOT_LOOKED,
        wants('cluster') ? looker.cluster(placeOf(answers)) : NOT_LOOKED,
        wants('accounts') ? accountsOf(answers) : NO_ACCOUNTS,
      ])
      if (wants('vault')) tell(vault, () => vaultNotes(vault))
      if (wants('cluster')) tell(cluster, () => clusterNotes(cluster))
      if (cluster.seen) hasCluster = true
      for (const [namespace, seen] of Object.entries(accounts)) {
        // Where the cluster itself is away, that was said.
        if (hasCluster) tell(seen, () => accountNotes(namespace, seen))
      }
      return { contexts, vault, cluster, accounts }
    },
    close: () => looker.close(),
  }
}
