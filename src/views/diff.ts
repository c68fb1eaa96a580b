export interface DiffLine {
  readonly sign: '+' | '-' | ' '
  readonly text: string
}

/** Above this, lines are not compared one by one: the table would grow with the product of both lengths. */
const MOST = 1500

/** What differs between two texts, line by line, with one line around each place; undefined stands for lines left out. */
export function lineDiff(from: readonly string[], to: readonly string[]): (DiffLine | undefined)[] {
  if (from.length > MOST || to.length > MOST) return [...from.map(removed), ...to.map(added)]
  return withoutFarLines(allLines(from, to))
}

const removed = (text: string): DiffLine => ({ sign: '-', text })
const added = (text: string): DiffLine => ({ sign: '+', text })

/** The longest common subsequence, read off the table of its lengths. */
function allLines(from: readonly string[], to: readonly string[]): DiffLine[] {
  const common = from.map(() => new Uint16Array(to.length + 1))
  common.push(new Uint16Array(to.length + 1))
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0
  for (let row = from.length - 1; row >= 0; row--) {
    const line = common[row] as Uint16Array
    for (let column = to.length - 1; column >= 0; column--) {
      line[column] =
        from[row] === to[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const lines: DiffLine[] = []
  let [row, column] = [0, 0]
  while (row < from.length || column < to.length) {
    const [before, after] = [from[row], to[column]]
    if (before !== undefined && before === after) {
      lines.push({ sign: ' ', text: before })
      row++
      column++
    } else if (before !== undefined && (after === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(removed(before))
      row++
    } else {
      lines.push(added(after ?? ''))
      column++
    }
  }
  return lines
}

function withoutFarLines(lines: readonly DiffLine[]): (DiffLine | undefined)[] {
  const isNear = (index: number) => [index - 1, index, index + 1].some((near) => (lines[near]?.sign ?? ' ') !== ' ')
  return lines.flatMap((line, index) => {
    if (isNear(index)) return [line]
    return index > 0 && isNear(index - 1) ? [undefined] : index === 0 ? [undefined] : []
  })
}
