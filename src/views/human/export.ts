import type { ExportResult } from '../../operations/export/types.js'
import { shellQuote } from '../text.js'

/**
 * The files themselves, as one document: blocks of Terraform may stand in one file, manifests follow bank-vaults' file as
 * documents of their own. Where they were saved, what to do next.
 */
export function exportText({ files, savedTo, format, inputs }: ExportResult): string {
  if (savedTo === undefined) return files.map(({ text }) => text).join('\n')
  const lines = [
    ...files.map(({ name }) => `Saved ${savedTo}/${name}`),
    '',
    'Next:',
    ...inputs.map(({ name, purpose }) => `  export ${format === 'terraform' ? 'TF_VAR_' : ''}${name}=…   # ${purpose}`),
    ...NEXT[format](
      shellQuote(savedTo),
      files.map(({ name }) => shellQuote(`${savedTo}/${name}`)),
    ),
  ]
  return `${lines.join('\n')}\n`
}

const NEXT: Readonly<Record<ExportResult['format'], (folder: string, files: readonly string[]) => readonly string[]>> =
  {
    terraform: (folder) => [`  terraform -chdir=${folder} init`, `  terraform -chdir=${folder} plan`],
    'bank-vaults': (_folder, [config = '', ...manifests]) => [
      ...manifests.map((file) => `  kubectl apply -f ${file}`),
      `  bank-vaults configure --vault-config-file ${config}`,
    ],
  }
