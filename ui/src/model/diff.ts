/** A line of what differs. */
export interface DiffLine {
  kind: 'add' | 'del' | 'same' | 'gap'
  text: string
}

/** A line of a comparison, with its numbers in both texts. */
export interface ComparedLine extends DiffLine {
  before: number | null
  after: number | null
}

/** Compares two texts line by line: the longest common sequence of lines stays. */
export function compareTexts(before: string, after: string): ComparedLine[] {
  const one = before.split('\n')
  const other = after.split('\n')
  let head = 0
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1
  let tail = 0
  while (tail < one.length - head && tail < other.length - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1
  const rows = one.length - head - tail
  const columns = other.length - head - tail
  const longest = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1))
  const cell = (row: number, column: number) => longest[row]?.[column] ?? 0
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const same = one[head + row] === other[head + column]
      const line = longest[row]
      if (line) line[column] = same ? cell(row + 1, column + 1) + 1 : Math.max(cell(row + 1, column), cell(row, column + 1))
    }
  }
  const lines: ComparedLine[] = []
  const push = (kind: DiffLine['kind'], row: number | null, column: number | null) =>
    lines.push({
      kind,
      text: (row === null ? other[column ?? 0] : one[row]) ?? '',
      before: row === null ? null : row + 1,
      after: column === null ? null : column + 1,
    })
  for (let each = 0; each < head; each += 1) push('same', each, each)
  let row = 0
  let column = 0
  while (row < rows || column < columns) {
    if (row < rows && column < columns && one[head + row] === other[head + column]) push('same', head + row++, head + column++)
    else if (row < rows && (column === columns || cell(row + 1, column) >= cell(row, column + 1))) push('del', head + row++, null)
    else push('add', null, head + column++)
  }
  for (let each = 0; each < tail; each += 1) push('same', one.length - tail + each, other.length - tail + each)
  return lines
}

/** Leaves out what is far from any change. */
export function nearChanges(lines: readonly ComparedLine[], around = 2): ComparedLine[] {
  const near = new Set<number>()
  lines.forEach((line, at) => {
    if (line.kind === 'same') return
    for (let each = at - around; each <= at + around; each += 1) near.add(each)
  })
  const kept: ComparedLine[] = []
  let last = -1
  lines.forEach((line, at) => {
    if (!near.has(at)) return
    if (kept.length > 0 && at > last + 1) kept.push({ kind: 'gap', text: '', before: null, after: null })
    kept.push(line)
    last = at
  })
  return kept
}
