/** What of a shell's text is a command of ours. Enough of the shell's language for documentation, no more. */

/** The words after `icebreaker` of each such command in a script, as the shell would hand them over. */
export function commandsIn(script: string): string[][] {
  const text = script.replaceAll(/\\\n\s*/g, ' ')
  return [...text.matchAll(COMMAND)].map((match) => wordsOf(text.slice(match.index + match[0].length)))
}

/** Where a command can begin: a line, after an operator, in a substitution; after variables that are set for it alone. */
const COMMAND = /(?:^|\$\(|<\(|[|&;(])[ \t]*(?:\w+=\S*[ \t]+)*icebreaker(?![\w./:-])/gm

/** Up to where the command ends: an operator, a redirection, a comment, the end of the line. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  let rest = text
  for (;;) {
    rest = rest.replace(/^[ \t]+/, '')
    if (rest === '' || /^(?:[\n|&;)<>#]|\d>)/.test(rest)) return words
    const [word, length] = wordAt(rest)
    words.push(word)
    rest = rest.slice(length)
  }
}

/** One word with its quotes taken away, and how long it is with them. */
function wordAt(text: string): readonly [word: string, length: number] {
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\|&;()<>]+)/y
  let word = ''
  let length = 0
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    word += match[1] ?? match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? ''
    length = part.lastIndex
  }
  if (length === 0) throw new Error(`cannot be read as a shell reads it: ${text.slice(0, 40)}`)
  return [word, length]
}

/** A command that was typed, and what was printed then. */
export interface Typed {
  readonly command: string
  readonly printed: readonly string[]
}

/** The commands of a `console` block: lines that begin with `$ `, and after them what they print. */
export function typedIn(block: string): Typed[] {
  const typed: { command: string; printed: string[] }[] = []
  for (const line of block.replace(/\n$/, '').split('\n')) {
    const last = typed.at(-1)
    if (line.startsWith('$ ')) typed.push({ command: line.slice(2), printed: [] })
    else if (last === undefined) throw new Error(`a console block begins with "$ ": ${line}`)
    else if (last.printed.length === 0 && last.command.endsWith('\\')) last.command += `\n${line.replace(/^> /, '')}`
    else last.printed.push(line)
  }
  return typed
}
