import { isPlain } from '../../kinds/command-line.js'

/** The lines of a comment, with nothing in them that does not show itself, or that a pipeline's runner obeys. */
export const commentLines = (text: string): string[] =>
  text.split('\n').map((line) =>
    Array.from(line, (sign) => (isPlain(sign) ? sign : '?'))
      .join('')
      .replaceAll('##[', '# #['),
  )
