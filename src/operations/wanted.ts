import { resolve } from 'node:path'
import type { Origin } from '../catalogue/index.js'
import type { File } from '../config/file.js'
import { loadConfig } from '../config/index.js'
import type { ClusterFacts } from '../config/file.js'
import type { Resource } from '../kinds/contract.js'
import type { FileOptions } from './options.js'
import type { SavedPlan } from './saved-plan.js'
import { stepWanted, type StepPlace } from './step-file.js'

/** What is to be on the servers, before anything is contacted: said by a file, by a saved plan, or by a step's flags. */
export interface Wanted {
  /** Absolute; relative paths of it start at its folder. */
  readonly configFile: string
  readonly file: File
  /** The text of each HCL file that a policy names. */
  readonly texts: Readonly<Record<string, string>>
  /** Where in the file the value stands that these keys lead to; a step has no file. */
  readonly locate?: (keys: readonly (string | number)[]) => Origin | undefined
  /** What is known of the clusters already; undefined: to be found out. */
  readonly facts?: Readonly<Record<string, ClusterFacts>>
  /** Which of its objects are meant; the others are only spoken of. Default: all. */
  readonly includes?: (resource: Resource) => boolean
  /** Which are only made where they are missing, and otherwise left as they are, whoever made them. Default: none. */
  readonly ensures?: (resource: Resource) => boolean
  /** The fields that a step says; of an object that exists the others are kept. Default: all are said. */
  readonly says?: ReadonlySet<string>
  /** Where a step happens. */
  readonly place?: StepPlace
  /** false: nothing of it is in Vault, which then needs no address and no token. */
  readonly speaksToVault?: false
}

/** @throws IceError, IceErrors: what is wrong with the file or the flags; exit code 2 */
export async function wantedOf(options: FileOptions, saved: SavedPlan | undefined): Promise<Wanted> {
  if (saved !== undefined) {
    const { configFile, file, context } = saved
    return { configFile, file, texts: context.texts, facts: context.clusters }
  }
  if (options.step !== undefined) return stepWanted(options.step, options)
  const configFile = resolve(options.file)
  return { configFile, ...(await loadConfig(configFile)) }
}
