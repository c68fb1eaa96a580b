/** A word as a POSIX shell takes it: in quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quotedWord(word)
}

/** The same, always in quotes. */
export const quotedWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
