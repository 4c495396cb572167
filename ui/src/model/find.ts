/** Gives the places of the lines that hold a text, in any case of letters. */
export function matchesOf(lines: readonly { text: string }[], text: string): number[] {
  const sought = text.trim().toLowerCase()
  if (sought === '') return []
  const found: number[] = []
  lines.forEach((line, at) => {
    if (line.text.toLowerCase().includes(sought)) found.push(at)
  })
  return found
}

/** Gives which of the matches comes next from a line, or before it; round the end. */
export function stepFrom(matches: readonly number[], line: number | null, by: 1 | -1): number | null {
  if (matches.length === 0) return null
  if (by === 1) return matches.find((at) => line === null || at > line) ?? matches[0] ?? null
  return matches.findLast((at) => line !== null && at < line) ?? matches.at(-1) ?? null
}

/** A text in parts: those that were looked for, and what stands between them. */
export function marked(text: string, sought: string): { text: string; hit: boolean }[] {
  const wanted = sought.trim().toLowerCase()
  if (wanted === '') return [{ text, hit: false }]
  const parts: { text: string; hit: boolean }[] = []
  const lower = text.toLowerCase()
  let from = 0
  // letters whose small form is longer would shift what follows
  if (lower.length !== text.length) return [{ text, hit: false }]
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), hit: false })
    parts.push({ text: text.slice(at, at + wanted.length), hit: true })
    from = at + wanted.length
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: false })
  return parts
}
