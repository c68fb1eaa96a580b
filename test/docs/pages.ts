import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every page of the documentation: its path in the repository, and its text. */
export function pages(): readonly (readonly [path: string, text: string])[] {
  const isPage = (path: string): boolean => path.endsWith('.md')
  const ofDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`)
  const paths = [...ofDocs, ...readdirSync(root), ...readdirSync(join(root, 'bench')).map((path) => `bench/${path}`)]
  return paths.filter(isPage).map((path) => [path, readFileSync(join(root, path), 'utf8')] as const)
}

/** The text of the fenced blocks in a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, block]) => block ?? '',
  )
}
