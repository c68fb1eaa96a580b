import type { File } from '../../config/file.js'
import { shellWord } from '../../catalogue/shell-word.js'
import type { Known, Remedy, Scene } from '../contract.js'
import type { Kin } from '../facts/path.js'
import type { WrittenConfig } from '../facts/record.js'
import type { MountSubject } from '../subject.js'

/** What decides on how the config of a mount is to be mended. */
export interface Place {
  readonly subject: MountSubject
  readonly scene: Pick<Scene, 'file' | 'isWritten'>
  readonly config: Readonly<Record<string, unknown>>
  readonly kin: Known<Kin>
  readonly record: Known<WrittenConfig | undefined>
}

/** The stored address of the API server. */
export const hostOf = ({ config }: Pick<Place, 'config'>): string => String(config['kubernetes_host'])

/**
 * Where the file, or without one the kubeconfig, has another address than is stored, writing the config mends it; else
 * somebody has to say where Vault reaches the API server.
 * @param work what is to be done by hand, without a full stop
 */
export function remedyOfHost(place: Place, work: string): Remedy {
  const { subject, scene, kin } = place
  const section = sectionOf(place)
  const wanted = section?.apiServer ?? (isInPod(section) ? IN_CLUSTER : kin.known ? kin.value.server : undefined)
  if (wanted !== undefined && wanted !== hostOf(place)) return rewrite(place)
  const [file, at] = [scene.isWritten, `clusters.${subject.cluster ?? 'NAME'}.apiServer`]
  return {
    manual: [
      `${work}${file ? `: set ${at} in the file, and run icebreaker apply.` : ': icebreaker auth configure --api-server URL.'}`,
    ],
  }
}

/** Where apply finds a CA that fits, writing the config mends it. */
export function remedyOfCA(place: Place): Remedy {
  const { subject, scene, kin, record } = place
  const says = sectionOf(place)?.apiServerCA
  const isFound = kin.known && kin.value.kin === 'same' && says !== 'system' && typeof says !== 'object'
  // What the file says was proven when it was applied; somebody has changed what is stored since.
  const isChanged = record.known && record.value?.isUnchanged === false
  if (isFound || isChanged) return rewrite(place)
  const at = `clusters.${subject.cluster ?? 'NAME'}.apiServerCA`
  return {
    manual: [
      scene.isWritten
        ? `Save the CA that signed this certificate as a PEM file, name it at ${at} as { file: FILE }, and run icebreaker apply.`
        : 'Save the CA that signed this certificate as a PEM file: icebreaker auth configure --api-server-ca FILE.',
    ],
  }
}

/**
 * Writes the config anew, with a token of the reviewer: from the file, or by steps from what the kubeconfig says.
 * @param who reviews, where that is known without a file
 */
export function rewrite(
  { subject, scene }: Pick<Place, 'subject' | 'scene'>,
  who?: { readonly namespace: string; readonly name: string },
): Remedy {
  const { mount } = subject
  if (scene.isWritten) return { apply: [`vault:auth/${mount}/config`] }
  const flag = (name: string, value: string | undefined): string =>
    value === undefined ? '' : ` --${name} ${shellWord(value)}`
  const account = `${flag('namespace', who?.namespace)}${flag('service-account', who?.name)}`
  const reviewer = `${flag('reviewer-namespace', who?.namespace)}${flag('reviewer-service-account', who?.name)}`
  const adopt = flag('adopt', `vault:auth/${mount}/config`)
  return {
    text: `Without a file it is not known what else was meant: this makes ${who === undefined ? 'a reviewer' : 'a token of the reviewer'}, and writes the config with its token.`,
    commands: [
      `icebreaker reviewer create${account} --token secret${who === undefined ? '' : ' --adopt all'}`,
      `icebreaker auth configure --path ${shellWord(mount)}${adopt}${reviewer} --reviewer-token secret`,
    ],
  }
}

type Section = File['clusters'][string] | undefined

const sectionOf = ({ subject, scene }: Place): Section =>
  subject.cluster === undefined ? undefined : scene.file.clusters[subject.cluster]

/** The API server as every pod knows it; where Vault runs in one, that is what apply stores. */
const IN_CLUSTER = 'https://kubernetes.default.svc'

const isInPod = (section: Section): boolean =>
  section?.auth.method === 'kubernetes' && section.auth.reviewer.token === 'pod'
