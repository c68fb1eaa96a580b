import { AREAS } from '../src/catalogue/areas.js'
import { EXIT_CODES } from '../src/catalogue/exit-codes.js'
import { CATALOGUE, type CodeRecord } from '../src/catalogue/index.js'
import { jsonSchema } from '../src/config/json-schema.js'
import { fileSchema } from '../src/config/schema.js'
import { commandsPages } from './commands-pages.js'
import { environmentPage } from './environment-page.js'
import { filePage } from './file-page.js'
import { outputPage } from './output-page.js'

/** Folders of docs/ in which nothing but generated pages stands: what the sources know no longer goes. */
export const GENERATED_FOLDERS = ['codes', 'reference/commands'] as const

/** Everything in docs/ that is made from the sources: file name to text. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  const schema = await jsonSchema(fileSchema, 'urn:icebreaker:file:1', 'icebreaker.yaml')
  return new Map([
    ['icebreaker.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['exit-codes.md', exitCodes()],
    ['environment.md', environmentPage()],
    ['reference/file.md', filePage()],
    ['reference/output.md', outputPage()],
    ...commandsPages(),
    ['codes/README.md', index(CATALOGUE)],
    ...CATALOGUE.map((record) => [`codes/${record.code}.md`, page(record)] as const),
  ])
}

function page({ code, severity, exit, title, meaning, shows, detected, remedy, links = [] }: CodeRecord): string {
  return `${[
    `# ${code}: ${title}`,
    `${sentence(severity)} · [exit code ${exit}](../exit-codes.md) · [all codes](README.md)`,
    `**What it means.** ${meaning}`,
    ...(shows === undefined ? [] : [`**How it shows.** ${shows}`]),
    ...(detected === undefined ? [] : [`**How it is found out.** ${detected}`]),
    `**What to do.** ${remedy}`,
    ...(links.length > 0 ? [`**More.** ${links.map((link) => `<${link}>`).join(', ')}`] : []),
  ].join('\n\n')}\n`
}

function index(records: readonly CodeRecord[]): string {
  const areas = Object.entries(AREAS).map(([digit, title]) => {
    const rows = records
      .filter(({ code }) => code.startsWith(`ICE${digit}`))
      .map(({ code, severity, exit, title }) => `| [${code}](${code}.md) | ${title} | ${severity} | ${exit} |`)
    return [`## ${title}`, ['| code | | severity | exit |', '| --- | --- | --- | --- |', ...rows].join('\n')].join(
      '\n\n',
    )
  })
  const opening = `Every message that names something wrong carries one of these codes. A code never changes its meaning, and a retired one is
never given to something else. What the exit codes mean: [exit-codes.md](../exit-codes.md).`
  return `${['# All codes', opening, ...areas].join('\n\n')}\n`
}

function exitCodes(): string {
  const rows = EXIT_CODES.map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  return `# Exit codes

They are the same in every output format; \`icebreaker help exit-codes\` prints them.

| code | |
| --- | --- |
${rows.join('\n')}

Where several apply, wrong usage comes first (then nothing else has happened), then 8, 5, 6, and 1.

In a pipeline:

\`\`\`sh
icebreaker plan --exit-code || [ $? -eq 4 ]   # 4: there are changes; 8: something would be refused
icebreaker apply --yes                        # 3: applied, but its verification found problems
\`\`\`

Every failed run can be repeated: it reads what is there first and goes on from that. What each message means and what to do
stands on the page of its code: [all codes](codes/README.md).
`
}

const sentence = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
