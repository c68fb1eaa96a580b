import { outputHelp } from '../src/views/output-help.js'
import { documents, ERRORS, NOTES, titleOf, type Document, type Member } from './documents.js'
import { anchor, cell, code, fenced, page, table } from './markdown.js'

/** docs/reference/output.md: what each format holds, from the code that writes it and from the types of what it writes. */
export function outputPage(): string {
  const { formats, streams, schemaVersion, lines } = outputHelp('VERSION')
  const { results, error, note } = documents()
  const examples = lines.flatMap(({ example }) => example ?? [])
  return page([
    '# Output',
    `Made from the code that writes it; \`icebreaker help output\` prints the first half.`,
    table(
      ['stream', 'carries'],
      streams.map(({ name, meaning }) => [name, cell(meaning)]),
    ),
    table(
      ['format', ''],
      formats.map(({ name, meaning }) => [code(`-o ${name}`), cell(meaning)]),
    ),
    `The exit code is the same in every format: [exit-codes.md](../exit-codes.md).`,
    '## The version of the form',
    `Every document carries \`schemaVersion\`, now \`${schemaVersion}\`; with NDJSON the first line does. It rises when a reader of the
older form would go wrong. New members alone do not raise it: a reader passes over what it does not know.`,
    '## NDJSON',
    'One JSON object a line. The first line has the version, every other one its time.',
    table(
      ['type', ''],
      lines.map(({ type, meaning }) => [code(type), cell(meaning)]),
    ),
    fenced('json', examples.join('\n')),
    '## JUnit',
    `A case for each object (\`apply\`), probe (\`apply\`, \`verify\`) or finding (\`policy lint\`): \`failure\` where it failed, \`error\`
where the outcome is unknown or the command ended with an error, \`skipped\` with the reason.`,
    '## JSON',
    `One document. Beside what stands below it has \`schemaVersion\`, and \`operation\`, which says which form it is. *Optional*: the
member may be missing; where a description says “undefined”, it is. In place of a secret stands the text \`(secret)\`, unless
\`--show-secret\` was given.`,
    `### ${ERRORS}`,
    'A command that fails prints this instead of a result: `exit`, the code that it exits with; `error`; and `errors`, where there are several, the first included.',
    memberTable(error),
    `### ${NOTES}`,
    'What else is to be known, in every document and as lines of NDJSON.',
    memberTable(note),
    ...results.flatMap(documentBlocks),
  ])
}

/** What the name of the operation does not say. */
const INTROS: Readonly<Record<string, string>> = {
  step: 'What every command prints that writes by flags, such as `role write`.',
  'print-commands': 'Of `apply --print-commands`.',
  explain: 'Its member `what` says which form it is.',
}

function documentBlocks(document: Document): readonly string[] {
  const [first = ''] = document.operations
  return [`### ${titleOf(document)}`, INTROS[first] ?? '', memberTable(document.members)]
}

function memberTable(members: readonly Member[]): string {
  const rows = members.map(({ path, type, optional, about, as }) => [
    code(path),
    `${optional ? 'optional ' : ''}${cell(type)}`,
    [cell(about), ...(as === undefined ? [] : [`As ${code(as.path)} of [${as.operation}](${anchor(as.operation)}).`])]
      .filter(Boolean)
      .join(' '),
  ])
  return table(['member', 'is', ''], rows)
}
