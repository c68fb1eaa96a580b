export const FORMATS = ['human', 'json', 'ndjson', 'junit'] as const
export type Format = (typeof FORMATS)[number]
