import { constants } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IceError, isIceError, USAGE } from '../catalogue/index.js'
import { comment, yamlText, type Doc, type Manifest } from '../integrations/index.js'
import type { ClusterDocs } from './integrate.js'

const HEADER = 'Made by icebreaker integrate'

/**
 * Writes each object and each patch to a file of its own, with a Kustomization that names them; a folder for each
 * cluster, where there are several. What this command made before may be made anew.
 * @param extra what is no object, beside them: files in which a line that begins with # is a comment
 * @returns the files
 * @throws IceError USAGE.fileNotWritten; where a file is somebody else's, before any is written
 */
export async function saveIntegration(
  folder: string,
  way: string,
  clusters: Readonly<Record<string, ClusterDocs>>,
  extra: readonly TextFile[] = [],
): Promise<readonly string[]> {
  const isOne = Object.keys(clusters).length === 1
  const files = [
    ...Object.entries(clusters).flatMap(([cluster, docs]) =>
      filesOf(way, docs).map(({ name, text }) => ({ path: join(folder, ...(isOne ? [] : [cluster]), name), text })),
    ),
    ...extra.map(({ name, text }) => ({ path: join(folder, name), text: comment([`${HEADER} ${way}.`]) + text })),
  ]
  try {
    for (const path of new Set(files.map((file) => dirname(file.path)))) await mkdir(path, { recursive: true })
    for (const { path } of files) {
      if (await isForeign(path)) throw notSaved(`${path} is there, and was not made by this command`)
    }
    const { O_WRONLY, O_CREAT, O_TRUNC } = constants
    for (const { path, text } of files) {
      await using handle = await open(path, O_WRONLY | O_CREAT | O_TRUNC | NO_LINK, 0o644)
      await handle.writeFile(text)
    }
  } catch (error) {
    if (isIceError(error)) throw error
    throw notSaved(`${folder} cannot be written to (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
  return files.map(({ path }) => path)
}

// Not on every system.
const NO_LINK = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0

const notSaved = (why: string): IceError =>
  new IceError(USAGE.fileNotWritten, { message: `${why}.`, next: ['Name another folder with --out.'] })

async function isForeign(path: string): Promise<boolean> {
  try {
    return !(await readFile(path, 'utf8')).startsWith(`# ${HEADER}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

export interface TextFile {
  readonly name: string
  readonly text: string
}

function filesOf(way: string, { objects, patches }: ClusterDocs): readonly TextFile[] {
  const head = comment([`${HEADER} ${way}.`])
  const asFile = (doc: Doc, before = ''): TextFile => ({
    name: `${before}${fileName(doc.object)}.yaml`,
    text: head + yamlText(doc),
  })
  const resources = objects.map((doc) => asFile(doc))
  // Of one Deployment there may be several patches, a role each.
  const changes = patches.map((doc, index) => ({ doc, file: asFile(doc, `patch-${index + 1}-`) }))
  const kustomization: Doc = {
    object: {
      // What changes the objects of somebody else's Kustomization is a component of it.
      apiVersion: `kustomize.config.k8s.io/${changes.length > 0 ? 'v1alpha1' : 'v1beta1'}`,
      kind: changes.length > 0 ? 'Component' : 'Kustomization',
      resources: resources.map(({ name }) => name),
      ...(changes.length > 0 && {
        patches: changes.map(({ doc: { object }, file }) => ({
          path: file.name,
          target: { kind: object.kind, name: object.metadata.name, namespace: object.metadata.namespace },
        })),
      }),
    } as unknown as Manifest,
    comment:
      changes.length > 0
        ? [
            'The objects alone: kubectl apply -k FOLDER',
            'To have your application patched, too, name this folder in its Kustomization, under `components`.',
          ]
        : ['kubectl apply -k FOLDER, or name this folder under `resources` of your Kustomization.'],
  }
  return [
    { name: 'kustomization.yaml', text: head + yamlText(kustomization) },
    ...resources,
    ...changes.map(({ file }) => file),
  ]
}

const fileName = ({ kind, metadata: { namespace, name } }: Manifest): string =>
  [...(namespace === undefined ? [] : [namespace]), kind.toLowerCase(), name].join('.')
