import { isMap, type Document, type YAMLMap } from 'yaml'
import { checks, checkText, type Check } from './checks.js'
import { drop, dropDoubles, fill, joined, remark, setRemark, shortenGrants, textOf, type Keys } from './document.js'
import { connectionUrl } from './names.js'
import type { Answers, Assumption, Facts, MountFact, TemplateName } from './types.js'

/** What a new file is made from. */
export interface DraftInput {
  readonly template: TemplateName
  /** The texts of the template's parts. */
  readonly parts: readonly string[]
  readonly answers: Answers
  readonly facts: Facts
}

export interface Draft {
  readonly text: string
  readonly assumed: readonly Assumption[]
}

/** Makes the file out of its template. Pure. */
export function draft(input: DraftInput): Draft {
  const { parts, answers, facts } = input
  const document = joined(parts)
  fill(document, values(answers))
  shortenGrants(document)
  dropDoubles(document, ['namespaces'])
  if (isMap(document.get('vault')) && (document.get('vault') as YAMLMap).items.length === 0) document.delete('vault')
  leaveOutWhatIsThere(document, answers, facts)
  useEngine(document, answers, facts)
  const assumed = checks(input)
  for (const check of assumed) mark(document, check)
  return {
    text: textOf(document),
    assumed: assumed.map(({ at, why }) => ({ at: at.join('.'), why })),
  }
}

/** The answers by the names that stand for them in the templates: `authPath`. */
function values(answers: Answers): Readonly<Record<string, string | undefined>> {
  const camel = (flag: string): string => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const url = answers['connection-url']
  return {
    ...Object.fromEntries(Object.entries(answers).map(([flag, answer]) => [camel(flag), answer])),
    connectionUrl: url === undefined ? undefined : connectionUrl(url),
  }
}

/** What exists needs no making; a file that names it would only seem to own it. */
function leaveOutWhatIsThere(document: Document, answers: Answers, { cluster, accounts }: Facts): void {
  const there = cluster.seen && cluster.value.namespaces.seen ? cluster.value.namespaces.value : []
  const places = [
    [answers.namespace, answers['service-account']],
    [answers['operator-namespace'], answers['operator-service-account']],
  ] as const
  for (const [namespace, account] of places) {
    if (namespace === undefined || account === undefined) continue
    if (there.includes(namespace)) drop(document, ['namespaces', namespace])
    const seen = Object.hasOwn(accounts, namespace) ? accounts[namespace] : undefined
    if (seen?.seen !== true || !seen.value.includes(account)) continue
    const written = document.get('serviceAccounts') as { toJSON(): unknown[] } | undefined
    const index = written?.toJSON().indexOf(`${namespace}/${account}`) ?? -1
    if (index >= 0) drop(document, ['serviceAccounts', index])
  }
}

/** An engine that is mounted already is somebody else's: grants speak of it, and nothing is made in it. */
function useEngine(document: Document, answers: Answers, { vault }: Facts): void {
  const mounted: readonly MountFact[] = vault.seen && vault.value.engines.seen ? vault.value.engines.value : []
  for (const path of [answers.engine, answers['transit-engine']]) {
    const there = mounted.find((mount) => mount.path === path)
    const keys: Keys = ['engines', path ?? '']
    if (there === undefined || !isMap(document.getIn(keys, true))) continue
    const { type, version } = there
    document.setIn(keys, document.createNode({ existing: true, type, ...(version !== undefined && { version }) }))
    setRemark(document, keys, 'There already, and not of this file: it stays as it is.')
  }
}

function mark(document: Document, { at, why, standsFor }: Check): void {
  // Where there is no entry to say it of, what could be written stands before the next one.
  const could = standsFor === undefined ? '' : `\n${standsFor.replace(/^/gm, ' ')}`
  remark(document, at, `${checkText(why)}${could}`)
}
