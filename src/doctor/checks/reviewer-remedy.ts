import { shellWord } from '../../catalogue/shell-word.js'
import type { Known, Remedy, Scene } from '../contract.js'
import type { WrittenConfig } from '../facts/record.js'
import type { MountSubject } from '../subject.js'
import { rewrite } from './path-remedy.js'

export type InScene = Pick<Scene, 'file' | 'isWritten'>

/**
 * Gives Vault a new token.
 * @param record of the config, where apply sees nothing that would have to be changed
 */
export function renew(
  subject: MountSubject,
  scene: InScene,
  record: Known<WrittenConfig | undefined> | undefined,
): Remedy {
  if (!scene.isWritten || record?.known !== true || record.value === undefined) return rewrite({ subject, scene })
  const of = Object.keys(scene.file.clusters).length > 1 ? ` --cluster ${shellWord(subject.cluster ?? '')}` : ''
  return { commands: [`icebreaker reviewer rotate${of}`] }
}

/** With what leads to the cluster, as far as the file says it. */
export function kubectl({ cluster }: MountSubject, { file }: InScene): string {
  const section = cluster === undefined ? undefined : file.clusters[cluster]
  const words = [
    'kubectl',
    ...(section?.kubeconfig === undefined ? [] : ['--kubeconfig', section.kubeconfig]),
    ...(section?.context === undefined ? [] : ['--context', section.context]),
  ]
  return words.map(shellWord).join(' ')
}
