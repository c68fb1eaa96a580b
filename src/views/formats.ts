export const FORMATS = ['human', 'json', 'ndjson', 'junit'] as const
export type Format = (typeof FORMATS)[number]

export const FORMAT_MEANINGS: Readonly<Record<Format, string>> = {
  human: 'Text for people; no program should read it.',
  json: 'One document, when the command ends. --json is the same.',
  ndjson: 'One JSON object a line, as things happen.',
  junit: 'XML as pipelines show test reports; where a command has something to say in it.',
}
