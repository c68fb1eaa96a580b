/** What a terminal shows, as text. */
export interface Screen {
  write(output: string): void
  /** Line by line, without spaces at the ends and empty lines at the bottom. */
  text(): string
}

// A control sequence (ECMA-48), one whose end has not come yet, or one sign.
const TOKEN = /\u001b\[([?>]?[\d;]*)([@-~])|\u001b(?:\[[?>]?[\d;]*)?$|\u001b[^[]|[\s\S]/gu

/**
 * A terminal that never scrolls: it carries out the movements and erasures that command lines use and drops colours. All
 * characters are one column wide.
 */
export function createScreen(columns: number): Screen {
  const rows: string[][] = [[]]
  let [row, column] = [0, 0]
  let rest = ''

  const line = (): string[] => {
    while (rows.length <= row) rows.push([])
    return rows[row]!
  }

  function put(sign: string): void {
    if (column === columns) [row, column] = [row + 1, 0]
    const cells = line()
    while (cells.length < column) cells.push(' ')
    cells[column++] = sign
  }

  function control(sign: string): void {
    if (sign === '\n') row++
    else if (sign === '\r') column = 0
    else if (sign === '\b') column = Math.max(0, column - 1)
    else if (sign >= ' ') put(sign)
  }

  function obey(parameters: string, final: string): void {
    const [first = 0] = parameters.split(';').map(Number)
    const steps = Math.max(first, 1)
    if (final === 'A') row = Math.max(0, row - steps)
    else if (final === 'B') row += steps
    else if (final === 'C') column = Math.min(columns - 1, column + steps)
    else if (final === 'D') column = Math.max(0, column - steps)
    else if (final === 'E') [row, column] = [row + steps, 0]
    else if (final === 'F') [row, column] = [Math.max(0, row - steps), 0]
    else if (final === 'G') column = steps - 1
    else if (final === 'K') eraseInLine(first)
    else if (final === 'J') eraseBelow(first)
  }

  function eraseInLine(how: number): void {
    if (how === 0) line().splice(column)
    else if (how === 1) line().fill(' ', 0, column + 1)
    else line().splice(0)
  }

  function eraseBelow(how: number): void {
    if (how !== 0) return
    line().splice(column)
    rows.splice(row + 1)
  }

  return {
    write(output) {
      const text = rest + output
      rest = ''
      for (const [token, parameters, final] of text.matchAll(TOKEN)) {
        if (final !== undefined) obey(parameters ?? '', final)
        else if (!token.startsWith('\u001b')) control(token)
        // Half of a sequence waits for the rest of it.
        else if (token.length === 1 || token.startsWith('\u001b[')) rest = token
      }
    },
    text: () =>
      rows
        .map((cells) => cells.join('').trimEnd())
        .join('\n')
        .trimEnd(),
  }
}
