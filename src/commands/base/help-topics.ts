/** What `icebreaker help` explains beside commands. */
export const HELP_TOPICS = {
  'exit-codes': 'What each exit code means.',
  environment: 'Which variables are read, and what for.',
  output: 'The formats of the output, and what goes where.',
} as const satisfies Readonly<Record<string, string>>

export type HelpTopic = keyof typeof HELP_TOPICS

export const isHelpTopic = (word: string | undefined): word is HelpTopic =>
  word !== undefined && Object.hasOwn(HELP_TOPICS, word)
