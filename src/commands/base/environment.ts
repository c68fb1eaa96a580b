import { SERVER_VARIABLES } from '../../operations/environment.js'
import { FOLDER_VARIABLES } from '../../sandbox/places.js'
import type { FlagVariable, VariableGroup } from '../../views/results.js'
import { TERMINAL_VARIABLES } from '../../views/theme.js'
import type { Manifest } from './complete.js'

/** Every variable that is read: those of the flags, then those of others. */
export function variableGroups(manifest: Manifest): readonly VariableGroup[] {
  const flags = flagVariables(manifest)
  const isShared = ({ commands }: FlagVariable): boolean => commands.length === 0
  return [
    {
      title: 'Flags',
      text: 'Where a flag is not given its variable counts.',
      variables: flags.filter(isShared),
    },
    {
      title: 'Flags of some commands',
      text: 'A flag that may be given several times takes a list with commas in its variable.',
      variables: flags.filter((flag) => !isShared(flag)).toSorted(byCommands),
    },
    {
      title: 'Vault and OpenBao',
      text: 'Read as their own command lines read them. Where both are set BAO_ counts.',
      variables: SERVER_VARIABLES.vault,
    },
    { title: 'Kubernetes', text: 'Read as kubectl reads them.', variables: SERVER_VARIABLES.kubernetes },
    {
      title: 'Proxies',
      text: 'Also in small letters; where both are set the capitals count.',
      variables: SERVER_VARIABLES.proxies,
    },
    { title: 'The terminal', text: 'How text for people looks.', variables: TERMINAL_VARIABLES },
    { title: 'Folders', text: "Where the sandbox's and the cached things are.", variables: FOLDER_VARIABLES },
  ]
}

const byCommands = (a: FlagVariable, b: FlagVariable): number => (a.commands.join() < b.commands.join() ? -1 : 1)

/** One for each variable, with the commands that have the flag, unless these are many. */
function flagVariables({ commands }: Manifest): FlagVariable[] {
  const found = new Map<string, { flag: string; meanings: Map<string, string[]> }>()
  for (const [id, { flags }] of Object.entries(commands)) {
    for (const [name, { env, description = '', hidden }] of Object.entries(flags)) {
      if (env === undefined || hidden === true) continue
      const known = found.get(env) ?? { flag: `--${name}`, meanings: new Map<string, string[]>() }
      known.meanings.set(description, [...(known.meanings.get(description) ?? []), id.replaceAll(':', ' ')])
      found.set(env, known)
    }
  }
  return [...found].map(([name, { flag, meanings }]) => {
    const users = [...meanings.values()].flat().toSorted()
    const [most] = [...meanings].toSorted(([, a], [, b]) => b.length - a.length)
    const isShared = most !== undefined && most[1].length > SHARED
    // What apply means by it, or else most commands; what others mean stands in their own help.
    const [common] = [...meanings].find(([, of]) => of.includes('apply')) ?? most ?? ['']
    const all = [...meanings].map(([text, of]) => (meanings.size === 1 ? text : `${of.join(', ')}: ${text}`)).join(' ')
    return { names: [name], flag, commands: isShared ? [] : users, meaning: isShared ? common : all }
  })
}

/** A flag of more commands than this is a flag of the tool. */
const SHARED = 3
