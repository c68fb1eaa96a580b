import { readSmallFile } from '../secrets/small-file.js'

/** What a file can be asked for. */
export type Names =
  'accounts' | 'addresses' | 'clusters' | 'explainable' | 'mounts' | 'namespaces' | 'policies' | 'roles'

/**
 * The names that a file has, for completion: of a file that somebody is in the middle of writing, as many as can be told.
 * Contacts nothing, never fails. Addresses are those of a file without mistakes.
 */
export async function namesIn(path: string, what: Names): Promise<readonly string[]> {
  try {
    if (what === 'addresses') return await addresses(path)
    if (what === 'explainable') return [...(await namesIn(path, 'addresses')), ...(await explainables())]
    return names(await sections(path), what)
  } catch {
    return []
  }
}

async function addresses(path: string): Promise<readonly string[]> {
  const [{ loadConfig }, { offlineGraph }] = await Promise.all([import('../config/index.js'), import('./offline.js')])
  return [...offlineGraph(await loadConfig(path)).keys()]
}

/** What `explain` knows without a file. */
async function explainables(): Promise<readonly string[]> {
  const [{ CATALOGUE }, { explainable }] = await Promise.all([
    import('../catalogue/index.js'),
    import('./explain-section.js'),
  ])
  return [...explainable(), ...CATALOGUE.map(({ code }) => code)]
}

type Mapping = Readonly<Record<string, unknown>>

const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const texts = (values: readonly unknown[]): string[] => values.filter((value) => typeof value === 'string')

async function sections(path: string): Promise<Mapping> {
  const file = await readSmallFile(path)
  if (!('text' in file)) return {}
  const { parseDocument } = await import('yaml')
  return mapping(parseDocument(file.text, { logLevel: 'silent', prettyErrors: false }).toJS())
}

function names(file: Mapping, what: Exclude<Names, 'addresses' | 'explainable'>): readonly string[] {
  switch (what) {
    case 'clusters':
      return Object.keys(mapping(file['clusters']))
    case 'mounts':
      return [
        ...Object.keys(mapping(file['engines'])),
        ...Object.values(mapping(file['clusters'])).flatMap((one) => texts([mapping(mapping(one)['auth'])['path']])),
      ]
    case 'policies':
      return Object.keys(mapping(file['policies']))
    case 'roles':
      return Object.keys(mapping(file['roles']))
    case 'namespaces':
      return [
        ...Object.keys(mapping(file['namespaces'])),
        ...Object.values(mapping(file['roles'])).flatMap((role) => texts(list(mapping(role)['namespaces']))),
      ]
    case 'accounts':
      return texts([
        ...list(file['serviceAccounts']),
        ...list(file['verify']).map((entry) => mapping(entry)['as']),
        ...Object.values(mapping(file['roles'])).flatMap(boundAccounts),
      ])
  }
}

/** NAMESPACE/NAME of all that a role names. */
function boundAccounts(role: unknown): string[] {
  const { namespaces, serviceAccounts } = mapping(role)
  return texts(list(namespaces)).flatMap((namespace) =>
    texts(list(serviceAccounts)).map((name) => `${namespace}/${name}`),
  )
}
