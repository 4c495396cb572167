/** What is being written inside of `{{ }}`, before the cursor. */
export interface Writing {
  kind: 'filter' | 'test' | 'name'
  /** The names before the last dot: `outputs`, `load` of `outputs.load.u`. */
  before: string[]
  /** What of the last name is there already. */
  word: string
}

/** Gives the part of an expression before a position; nothing where it is in none. */
export function insideOf(text: string, position: number): string | null {
  const begins = Math.max(text.lastIndexOf('{{', position - 1), text.lastIndexOf('{%', position - 1))
  if (begins < 0 || begins + 2 > position) return null
  const inside = text.slice(begins + 2, position)
  return inside.includes('}}') || inside.includes('%}') ? null : inside
}

/** Gives what is being written at the end of a part of an expression; nothing inside of a quoted text. */
export function writingIn(part: string): Writing | null {
  let quote = ''
  for (const sign of part) {
    if (quote === '' && (sign === "'" || sign === '"')) quote = sign
    else if (sign === quote) quote = ''
  }
  if (quote !== '') return null
  const filter = /\|\s*([A-Za-z]\w*)?$/.exec(part)
  if (filter) return { kind: 'filter', before: [], word: filter[1] ?? '' }
  const test = /\bis\s+(?:not\s+)?([A-Za-z]\w*)?$/.exec(part)
  if (test) return { kind: 'test', before: [], word: test[1] ?? '' }
  const path = /((?:[A-Za-z_][\w-]*(?:\[[^\]]*\])?\.)*)([A-Za-z_][\w-]*)?$/.exec(part)
  const before = (path?.[1] ?? '').split('.').filter((each) => each !== '').map((each) => each.replace(/\[.*$/, ''))
  return { kind: 'name', before, word: path?.[2] ?? '' }
}

/** Gives the whole path around a position of an expression, with the names before the one that the position is in. */
export function pathAround(text: string, position: number): { before: string[]; name: string; from: number; to: number; filter: boolean } | null {
  if (insideOf(text, position + 1) === null && insideOf(text, position) === null) return null
  let from = position
  while (from > 0 && /[\w-]/.test(text[from - 1] ?? '')) from -= 1
  let to = position
  while (to < text.length && /[\w-]/.test(text[to] ?? '')) to += 1
  const name = text.slice(from, to)
  if (!/^[A-Za-z_]/.test(name)) return null
  const part = writingIn(text.slice(text.lastIndexOf('{', from) + 1, to))
  if (part === null || part.word !== name) return null
  return { before: part.before, name, from, to, filter: part.kind === 'filter' }
}
