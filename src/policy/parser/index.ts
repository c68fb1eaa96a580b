import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where something stands in a text: line and column count from 1, `start` and `end` are offsets in bytes. */
export interface Span {
  readonly line: number
  readonly column: number
  readonly start: number
  readonly end: number
}

/** A value or a key of HCL. Of a JSON text all positions are 0. */
export interface HclNode extends Span {
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'object'
  /** Unquoted; of lists and objects there is none. */
  readonly value?: string
  readonly list?: readonly HclNode[]
  readonly items?: readonly HclItem[]
}

export interface HclItem {
  /** `path "a"` has two. */
  readonly keys: readonly HclNode[]
  /** Written with an equals sign. */
  readonly assigned: boolean
  readonly value: HclNode
}

export interface HclFailure {
  /** In the library's words, which are Vault's. */
  readonly message: string
  readonly line: number
  readonly column: number
}

export type HclTree = { readonly items: readonly HclItem[] } | { readonly error: HclFailure }

/** What main.go exports. */
interface Exports {
  readonly memory: WebAssembly.Memory
  reserve(size: number): number
  parse(size: number): number
  result(): number
}

let loaded: Promise<Exports> | undefined

/**
 * The syntax tree of a text as Vault's own parser (HCL 1, or JSON) reads it, compiled to WebAssembly. The first call loads
 * it: some 40 ms. Keys that stand twice, which Vault refuses and OpenBao does not, are all in the tree.
 */
export async function parseTree(text: string): Promise<HclTree> {
  loaded ??= load()
  const parser = await loaded
  const bytes = Buffer.from(text)
  try {
    const input = parser.reserve(bytes.length)
    new Uint8Array(parser.memory.buffer, input, bytes.length).set(bytes)
    const size = parser.parse(bytes.length)
    return JSON.parse(Buffer.from(parser.memory.buffer, parser.result(), size).toString()) as HclTree
  } catch {
    // It ran out of stack or memory, and is not fit for use any more.
    loaded = undefined
    return { error: { message: 'it is nested too deep, or too large', line: 1, column: 1 } }
  }
}

async function load(): Promise<Exports> {
  // It is given no file, no argument and no variable.
  const wasi = createWasi()
  const module = await WebAssembly.compile(readFileSync(wasmFile()))
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject())
  wasi.initialize(instance)
  return instance.exports as Exports
}

/** node:wasi warns that it is experimental, which is no matter for an operator. */
function createWasi() {
  const emitWarning = Reflect.get(process, 'emitWarning')
  process.emitWarning = () => undefined
  try {
    return new (process.getBuiltinModule('node:wasi').WASI)({ version: 'preview1' })
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Built by bin/hcl.js. This module runs from src/ and from wherever the bundle puts it, so the file is looked for. */
function wasmFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'dist/hcl.wasm'))) {
    if (folder === dirname(folder)) throw new Error('There is no dist/hcl.wasm; npm run build makes it.')
    folder = dirname(folder)
  }
  return join(folder, 'dist/hcl.wasm')
}
