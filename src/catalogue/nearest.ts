/**
 * The candidate that a mistyped word most likely meant; undefined where none is near: at most one slip (a character
 * missing, added, changed, or two swapped) in three characters. Case does not count; of equals the first wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const written = word.toLowerCase()
  let best: { candidate: string; slips: number } | undefined
  for (const candidate of candidates) {
    const meant = candidate.toLowerCase()
    const allowed = Math.max(1, Math.floor(Math.max(written.length, meant.length) / 3))
    if (Math.abs(written.length - meant.length) > allowed) continue
    const slips = distance(written, meant)
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { candidate, slips }
  }
  return best?.candidate
}

/** Damerau-Levenshtein, optimal string alignment: three rows of the usual table. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let slips = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, at(beforeLast, j - 2) + 1)
      row.push(slips)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
