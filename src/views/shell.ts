import type { CommandLine, Part, Word } from '../kinds/command-line.js'
import type { Declaration, Script, ScriptStep } from '../operations/script.js'
import { quoted, shellQuote } from './text.js'

/** Commands for a POSIX shell: the only place that makes text for a shell of what is data until then. */

const WIDTH = 100
const INDENT = '    '

/** The variables and the commands, with the functions that they use before them; runs as it stands. */
export function shellText({ variables, steps }: Script): string {
  const body = [...variables.map(declaration), ...steps.map(step)]
  return [...HELPERS.filter(({ name }) => body.some((text) => uses(text, name))).map(({ text }) => text), ...body].join(
    '\n\n',
  )
}

const uses = (text: string, name: string): boolean => new RegExp(`(?:^|\\$\\()${name} `, 'm').test(text)

/** One line of a comment, whatever stands in it. */
export const comment = (text: string): string =>
  `# ${text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()}`

function step({ address, title, action, stage, commands }: ScriptStep): string {
  const head = comment(`${action} ${title} ${address}${stage === undefined ? '' : `, ${STAGES[stage]}`}`)
  return [head, ...commands.flatMap(commandLines)].join('\n')
}

const STAGES = {
  narrow: 'first what it allows no longer',
  switch: 'then what changes otherwise',
  widen: 'last what it allows from now on',
} as const

/** One command, with its comment. */
export function commandLines(command: CommandLine<string>): string[] {
  return [...(command.why === undefined ? [] : [comment(command.why)]), statement(command)]
}

function statement({ words, input, into, patience, otherwise }: CommandLine<string>): string {
  const said = sentence(words)
  const call = patience === undefined ? said : `patiently ${patience} ${said}`
  if (otherwise !== undefined) {
    return [
      `if ${call} >/dev/null 2>&1; then`,
      `${INDENT}printf '%s\\n' ${quoted(otherwise)} >&2`,
      `${INDENT}exit 1`,
      'fi',
    ].join('\n')
  }
  const whole = input === undefined ? call : fed(call, input)
  if (into === undefined) return patience === undefined ? whole : `${whole} >/dev/null`
  return `${into}=$(${whole}${input === undefined ? '' : '\n'})`
}

/** The words, in several lines where they are long; a flag and its value stay together. */
function sentence(words: readonly Word<string>[]): string {
  const groups: string[] = []
  let before: 'flag' | 'plain' | 'whole' = 'whole'
  for (const word of words) {
    const isFlag = typeof word === 'string' && word.startsWith('-')
    if (isFlag || before === 'whole') groups.push(quote(word))
    else groups.push(`${groups.pop() ?? ''} ${quote(word)}`)
    if (isFlag) before = word.includes('=') ? 'whole' : 'flag'
    else before = before === 'flag' ? 'whole' : 'plain'
  }
  const lines: string[] = []
  for (const group of groups) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + group.length < WIDTH) lines[lines.length - 1] = `${last} ${group}`
    else lines.push(group)
  }
  return lines.join(` \\\n${INDENT}`)
}

/** A word of a command; what is in a variable stays one word. */
function quote(word: Word<string>): string {
  if (typeof word === 'string') return shellQuote(word)
  return word.map((part) => (typeof part === 'string' ? shellQuote(part) : value(part))).join('')
}

const value = ({ variable, as }: { readonly variable: string; readonly as: 'json' | 'text' }): string =>
  as === 'json' ? `"$(json "$${variable}")"` : `"$${variable}"`

/**
 * Standard input: what is known as it stands; what is in variables through a pipe, since some shells keep what stands
 * between EOF in a file. printf is a part of the shell, so its words are in no list of processes.
 */
function fed(call: string, input: readonly Part<string>[]): string {
  if (input.every((part) => typeof part === 'string')) {
    const text = input.join('').replace(/\n?$/, '\n')
    const end = delimiter(text)
    return `${call} <<'${end}'\n${text}${end}`
  }
  const parts = input.map((part) => (typeof part === 'string' ? quoted(part) : value(part)))
  return `printf '%s' ${parts.join(' ')} | ${call}`
}

function delimiter(text: string): string {
  const lines = new Set(text.split('\n'))
  let end = 'EOF'
  for (let number = 2; lines.has(end); number++) end = `EOF_${number}`
  return end
}

function declaration({ name, purpose, from }: Declaration): string {
  const [origin, ...lines] = assignment(name, from)
  return [comment(`${purpose}: ${origin ?? ''}`), ...lines].join('\n')
}

/** Where the value comes from, in words, and how it is got. */
function assignment(name: string, from: Declaration['from']): string[] {
  const notEmpty = `: "\${${name}:?is empty}"`
  if ('text' in from) return ['no secret', `${name}=${quoted(from.text)}`]
  if ('env' in from) {
    const isName = /^[A-Za-z_]\w*$/.test(from.env)
    // Such a name some shells do not hand on.
    const told = `|| { echo ${quoted(`${from.env} is not set, or this shell hides it.`)} >&2; exit 1; }`
    return [
      `from the environment, ${from.env}`,
      isName ? `${name}=\${${from.env}:?is not set}` : `${name}=$(printenv ${shellQuote(from.env)}) ${told}`,
    ]
  }
  if ('file' in from) return ['from a file', `read_file ${shellQuote(from.file)}`, `${name}=$content`, notEmpty]
  if ('generate' in from)
    return ['generated', `${name}=$(LC_ALL=C tr -dc A-Za-z0-9 </dev/urandom | head -c ${from.generate.length})`]
  if ('prompt' in from) return ['asked for', `ask ${quoted(from.prompt)}`, `${name}=$answer`, notEmpty]
  // The dot keeps line ends at the end, which $( ) drops.
  return ['from a Secret', `${name}=$(${sentence(from.output)} && printf .)`, `${name}=\${${name}%.}`, notEmpty]
}

const HELPERS: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'json',
    text: `# json TEXT: the text as a string of JSON.
json() {
    printf '%s\\n' "$1" | LC_ALL=C awk '
        BEGIN {
            for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\\\u%04x", i)
            code["\\\\"] = "\\\\\\\\"; code["\\""] = "\\\\\\""
            printf "\\""
        }
        {
            if (NR > 1) printf "\\\\n"
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                printf "%s", ((c in code) ? code[c] : c)
            }
        }
        END { printf "\\"" }'
}`,
  },
  {
    name: 'patiently',
    text: `# patiently SECONDS COMMAND: repeats the command until it succeeds and prints something, and prints that.
patiently() {
    tries=$1
    shift
    until said=$("$@") && [ -n "$said" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
    printf '%s\\n' "$said"
}`,
  },
  {
    name: 'read_file',
    text: `# read_file FILE: its text, without the line end at its end, as $content.
read_file() {
    content=$(cat -- "$1" && printf .)
    content=\${content%.}
    line_end='
'
    carriage=$(printf '\\r')
    case $content in
    *"$carriage$line_end") content=\${content%"$carriage$line_end"} ;;
    *"$line_end") content=\${content%"$line_end"} ;;
    esac
}`,
  },
  {
    name: 'ask',
    text: `# ask QUESTION: what is typed at the terminal, unseen, as $answer.
ask() {
    before=$(stty -g </dev/tty)
    trap 'stty "$before" </dev/tty; exit 130' INT TERM
    stty -echo </dev/tty
    printf '%s: ' "$1" >/dev/tty
    IFS= read -r answer </dev/tty
    stty "$before" </dev/tty
    trap - INT TERM
    printf '\\n' >/dev/tty
}`,
  },
]
