import type { ComparedLine } from './diff'

/** Which part of a line is another one than in its counterpart. */
export interface Mark {
  from: number
  to: number
}

/** Gives what differs between two lines: all but what they begin and end with alike; nothing where they have little in common. */
export function differing(one: string, other: string): [Mark, Mark] | null {
  const least = Math.min(one.length, other.length)
  let head = 0
  while (head < least && one[head] === other[head]) head += 1
  let tail = 0
  while (tail < least - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1
  if (head + tail < least / 3) return null
  return [{ from: head, to: one.length - tail }, { from: head, to: other.length - tail }]
}

/** Marks inside lines what differs, where as many lines came as went. */
export function withMarks(lines: readonly ComparedLine[]): { line: ComparedLine; mark: Mark | null }[] {
  const marks = new Map<number, Mark>()
  for (let at = 0; at < lines.length; ) {
    const removed = stretch(lines, at, 'del')
    const added = stretch(lines, at + removed, 'add')
    if (removed === added) {
      for (let each = at; each < at + removed; each += 1) {
        const found = differing(lines[each]?.text ?? '', lines[each + removed]?.text ?? '')
        if (!found) continue
        marks.set(each, found[0])
        marks.set(each + removed, found[1])
      }
    }
    at += Math.max(1, removed + added)
  }
  return lines.map((line, at) => ({ line, mark: marks.get(at) ?? null }))
}

function stretch(lines: readonly ComparedLine[], from: number, kind: ComparedLine['kind']): number {
  let to = from
  while (lines[to]?.kind === kind) to += 1
  return to - from
}
