/** A line of a unified difference. */
export interface DiffLine {
  kind: 'add' | 'del' | 'same' | 'gap'
  text: string
}

/** Gives the lines of a unified difference, without its head. */
export function diffLines(text: string): DiffLine[] {
  const lines: DiffLine[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('--- ') || line.startsWith('+++ ') || line === '') continue
    if (line.startsWith('@@')) lines.push({ kind: 'gap', text: line })
    else if (line.startsWith('+')) lines.push({ kind: 'add', text: line.slice(1) })
    else if (line.startsWith('-')) lines.push({ kind: 'del', text: line.slice(1) })
    else lines.push({ kind: 'same', text: line.slice(1) })
  }
  return lines
}

/** Gives only what differs, with the indentation that all lines share taken off. */
export function changesOf(text: string): DiffLine[] {
  const changes = diffLines(text).filter((line) => line.kind === 'add' || line.kind === 'del')
  const indents = changes.filter((line) => line.text.trim() !== '').map((line) => line.text.length - line.text.trimStart().length)
  const least = indents.length === 0 ? 0 : Math.min(...indents)
  return changes.map((line) => ({ ...line, text: line.text.slice(least) }))
}
