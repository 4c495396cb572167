import type { ComparedLine } from './diff'

/** A part of a line, and whether it differs from the line beside it. */
export interface Span {
  text: string
  marked: boolean
}

/** A line of one side. */
export interface SideLine {
  number: number
  text: string
  spans: Span[]
  kind: 'same' | 'add' | 'del'
}

/** A row of two sides; nothing stands where only the other side has a line. */
export interface PairedRow {
  before: SideLine | null
  after: SideLine | null
}

/** What is shown of a comparison: rows, and between them how many are the same and left out. */
export type Shown = PairedRow | { hidden: PairedRow[] }

/** Gives what differs inside of two lines: whole words, so that it can be read. */
export function changedInside(before: string, after: string): [Span[], Span[]] {
  const [one, other] = [words(before), words(after)]
  let head = 0
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1
  let tail = 0
  while (tail < one.length - head && tail < other.length - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1
  return [spansOf(one, head, tail), spansOf(other, head, tail)]
}

const words = (text: string): string[] => text.match(/\w+|\s+|[^\w\s]/g) ?? []

function spansOf(parts: readonly string[], head: number, tail: number): Span[] {
  const cut = [parts.slice(0, head), parts.slice(head, parts.length - tail), parts.slice(parts.length - tail)].map((each) => each.join(''))
  return cut.flatMap((text, index) => (text === '' ? [] : [{ text, marked: index === 1 }]))
}

/** Puts a comparison into two sides: lines that were changed into others stand beside each other. */
export function paired(lines: readonly ComparedLine[]): PairedRow[] {
  const rows: PairedRow[] = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at]
    if (line === undefined) break
    if (line.kind === 'same') {
      rows.push({ before: side(line, line.before, 'same'), after: side(line, line.after, 'same') })
      at += 1
      continue
    }
    const gone: ComparedLine[] = []
    const come: ComparedLine[] = []
    for (; lines[at] !== undefined && lines[at]?.kind !== 'same'; at += 1) (lines[at]?.kind === 'del' ? gone : come).push(lines[at] as ComparedLine)
    rows.push(...changed(gone, come))
  }
  return rows
}

function changed(gone: readonly ComparedLine[], come: readonly ComparedLine[]): PairedRow[] {
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) => {
    const [one, other] = [gone[index], come[index]]
    const before = one ? side(one, one.before, 'del') : null
    const after = other ? side(other, other.after, 'add') : null
    if (before !== null && after !== null && alike(before.text, after.text)) {
      const [left, right] = changedInside(before.text, after.text)
      before.spans = left
      after.spans = right
    }
    return { before, after }
  })
}

/** Whether marks inside of two lines help: of lines that share next to nothing all would be marked. */
function alike(one: string, other: string): boolean {
  const [first, second] = [new Set(words(one.trim()).filter((word) => /\w/.test(word))), words(other.trim()).filter((word) => /\w/.test(word))]
  return second.some((word) => first.has(word))
}

const side = (line: ComparedLine, number: number | null, kind: SideLine['kind']): SideLine => ({
  number: number ?? 0,
  text: line.text,
  spans: [{ text: line.text, marked: false }],
  kind,
})

const isSame = (row: PairedRow): boolean => row.before?.kind === 'same'

/** Leaves out what is far from any change; a gap of one or two lines is not worth a fold. */
export function folded(rows: readonly PairedRow[], around = 3): Shown[] {
  const near = new Set<number>()
  rows.forEach((row, at) => {
    if (isSame(row)) return
    for (let each = at - around; each <= at + around; each += 1) near.add(each)
  })
  const shown: Shown[] = []
  let hidden: PairedRow[] = []
  const flush = () => {
    if (hidden.length > 0) shown.push(...(hidden.length <= 2 ? hidden : [{ hidden }]))
    hidden = []
  }
  rows.forEach((row, at) => {
    if (!near.has(at)) {
      hidden.push(row)
      return
    }
    flush()
    shown.push(row)
  })
  flush()
  return shown
}

/** Gives the lines of rows one below the other: of each change first what went, then what came. */
export function inline(rows: readonly PairedRow[]): { line: SideLine; before: number | null; after: number | null }[] {
  const lines: { line: SideLine; before: number | null; after: number | null }[] = []
  let come: SideLine[] = []
  const flush = () => {
    lines.push(...come.map((line) => ({ line, before: null, after: line.number })))
    come = []
  }
  for (const { before, after } of rows) {
    if (before?.kind === 'same') {
      flush()
      lines.push({ line: before, before: before.number, after: after?.number ?? null })
      continue
    }
    if (before) lines.push({ line: before, before: before.number, after: null })
    if (after) come.push(after)
  }
  flush()
  return lines
}

/** Gives the spans of a line with their colours: marks and colours cut it apart independently. */
export function crossed<Kind extends string>(spans: readonly Span[], parts: readonly { text: string; kind: Kind }[]): { text: string; kind: Kind; marked: boolean }[] {
  const found: { text: string; kind: Kind; marked: boolean }[] = []
  const left = parts.map((each) => ({ ...each }))
  for (const span of spans) {
    let rest = span.text
    while (rest !== '') {
      const part = left[0]
      if (part === undefined) break
      const text = rest.slice(0, part.text.length)
      found.push({ text, kind: part.kind, marked: span.marked })
      rest = rest.slice(text.length)
      part.text = part.text.slice(text.length)
      if (part.text === '') left.shift()
    }
  }
  return found
}

/** Tells in words what a comparison changes: the tasks that came, went, or are otherwise. */
export function wordsOfChange(before: readonly string[], after: readonly string[], lines: readonly ComparedLine[]): string {
  const come = after.filter((each) => !before.includes(each))
  const gone = before.filter((each) => !after.includes(each))
  const changedLines = lines.filter((line) => line.kind !== 'same' && line.kind !== 'gap').length
  const parts = [
    ...(come.length > 0 ? [`${listed(come)} added`] : []),
    ...(gone.length > 0 ? [`${listed(gone)} removed`] : []),
  ]
  if (changedLines === 0) return 'the same text'
  return [...parts, `${changedLines} ${changedLines === 1 ? 'line' : 'lines'} changed`].join(', ')
}

const listed = (names: readonly string[]): string => (names.length <= 3 ? names.map((each) => `\`${each}\``).join(', ') : `${names.length} tasks`)
