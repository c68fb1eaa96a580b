import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { complete as complete_, completionLines, type Known, type Manifest } from './commands/base/complete.js'
import { HELP_TOPICS } from './commands/base/help-topics.js'

interface Package {
  readonly oclif?: { readonly topics?: Readonly<Record<string, { readonly description?: string }>> }
}

/**
 * Answers a shell that completes: `__complete [--next] [--] WORD…`. The words are those after the program's name, up to the
 * cursor; `--next`: the cursor is at a new word, which some shells cannot pass since it is empty. Nothing of the command
 * line itself is loaded, since a shell asks at every TAB. It never fails: a shell would show that in the middle of a line.
 * @param root this package's folder
 */
export async function complete(root: string, package_: Package, argv: readonly string[]): Promise<void> {
  try {
    const isNext = argv[0] === '--next'
    const words = isNext ? argv.slice(1) : argv
    const typed = words[0] === '--' ? words.slice(1) : words
    const manifest = JSON.parse(await readFile(join(root, '.oclif.manifest.json'), 'utf8')) as Manifest
    const known: Known = { manifest, topics: topicsOf(package_), help: HELP_TOPICS, names }
    process.stdout.write(completionLines(await complete_(isNext ? [...typed, ''] : typed, known)))
  } catch {
    // No candidates, then.
  }
}

function topicsOf({ oclif }: Package): Known['topics'] {
  const topics = Object.entries(oclif?.topics ?? {})
  return Object.fromEntries(topics.map(([id, { description }]) => [id.replaceAll(':', ' '), description]))
}

const names: Known['names'] = async (what, file) => {
  const { namesIn } = await import('./operations/names.js')
  const path = file ?? (process.env['ICEBREAKER_FILE'] || 'icebreaker.yaml')
  // The shell has not opened up what is only being typed.
  return namesIn(path.replace(/^~(?=\/)/, homedir()), what)
}
