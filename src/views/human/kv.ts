import type { Json } from '../../kinds/contract.js'
import type { KvGetResult } from '../../operations/kv-get.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { inline } from '../value.js'

/** The keys of a secret, and what is known of it; one value that is to be seen is alone on its line, to the letter. */
export function kvText(result: Told<KvGetResult>, theme: Theme): string {
  const { mount, path, engineVersion, field, shown, savedTo } = result
  const data = result.data as Readonly<Record<string, Json>>
  if (field !== undefined && shown) return `${plain(data[field])}\n`
  const head = theme.bold(`Secret ${mount}/${path} (KV version ${engineVersion})`)
  const facts = table(factRows(result))
  const masked =
    shown || savedTo !== undefined ? [] : ['--show-secret prints the values, --secret-out FILE writes them.']
  const blocks = [
    [head, ...table(Object.entries(data).map(([key, value]) => [`  ${key}`, inline(value)]))],
    ...(facts.length === 0 ? [] : [facts]),
    ...(masked.length === 0 ? [] : [masked]),
  ]
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

const plain = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value))

function factRows({ version, createdTime, deletionTime, customMetadata, savedTo }: Told<KvGetResult>): string[][] {
  return [
    ...(version === undefined ? [] : [['  version', `${version}, written ${createdTime ?? ''}`]]),
    ...(deletionTime === undefined ? [] : [['  deleted', `at ${deletionTime}, by itself`]]),
    ...Object.entries(customMetadata ?? {}).map(([key, value]) => [`  metadata ${key}`, inline(value)]),
    ...(savedTo === undefined ? [] : [['  saved to', savedTo]]),
  ]
}
