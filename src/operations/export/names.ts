/** Names of their own for what may be called anything: each legal where it stands, none twice. */
export class NameSpace {
  readonly #taken = new Set<string>()

  /** @param parts from the outside in */
  name(parts: readonly string[]): string {
    const base = identifier(parts)
    let name = base
    for (let number = 2; this.#taken.has(name); number++) name = `${base}_${number}`
    this.#taken.add(name)
    return name
  }
}

/** https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers, in small letters. */
function identifier(parts: readonly string[]): string {
  const name = parts
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return /^[a-z]/.test(name) ? name : `_${name}`
}

/** The name of a variable of the environment. */
export const environmentName = (parts: readonly string[]): string => identifier(parts).toUpperCase()
