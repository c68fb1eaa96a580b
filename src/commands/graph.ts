import * as Flags from '@oclif/core/flags'
import { EXIT } from '../catalogue/index.js'
import { IceCommand } from './base/command.js'
import { defined, fileFlags, fileOptions, outputFlags, withVariables } from './base/flags.js'

export default class Graph extends IceCommand {
  static override summary = 'Draw service accounts, roles, policies and paths, and what is remarkable about them.'

  static override description = `Roles and policies are those of the file, or with --live those that Vault has; the service accounts are those that the clusters have. Nothing is changed.
The page of --format html is one file that loads nothing; it has a search box, and is a table where scripts do not run. With -o json the nodes and edges are given instead of a drawing.`

  static override examples = [
    { description: 'For a Markdown page', command: '<%= config.bin %> graph' },
    {
      description: 'A page to look through',
      command: '<%= config.bin %> graph --live --format html --out access.html',
    },
    {
      description: 'As a picture, by Graphviz',
      command: '<%= config.bin %> graph --format dot | dot -Tsvg > access.svg',
    },
  ]

  static override flags = {
    ...outputFlags(['human', 'json', 'ndjson']),
    ...fileFlags,
    ...withVariables({
      force: Flags.boolean({ description: 'Replace the file of --out where it is there already.', dependsOn: ['out'] }),
      format: Flags.option({
        options: ['mermaid', 'dot', 'html'] as const,
        default: 'mermaid' as const,
        description: 'The language of the drawing.',
      })(),
      live: Flags.boolean({ description: 'What Vault has, instead of what the file says.' }),
      out: Flags.string({ helpValue: 'FILE', description: 'Save the drawing there.' }),
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Graph)
    await this.perform(flags, async ({ view, stop, prompt, terminal }) => {
      const [{ graph }, { drawing }] = await Promise.all([
        import('../operations/graph.js'),
        import('../views/graph/index.js'),
      ])
      const { force, format, live, out } = flags
      const result = await graph({
        ...fileOptions(flags),
        ...defined({ out, prompt }),
        force,
        format,
        live,
        draw: drawing,
        emit: view.listen,
        stop,
        ...terminal,
      })
      return { result, exit: EXIT.done }
    })
  }
}
