/** One line of a tree of JSON as it stands on the page. */
export interface JsonNode {
  /** Where it stands, as one would write it: `report.regions[0]`. */
  path: string
  name: string
  depth: number
  kind: 'object' | 'array' | 'leaf' | 'more'
  value: unknown
  /** How many are in it; of `more`, how many are left. */
  count: number
  open: boolean
  /** What the value is in Python, where JSON has no such type. */
  type: string | null
}

/** What of a value in Python is kept elsewhere than in the JSON. */
export interface Whole {
  type: string
  digest: string | null
  size: number | null
}

/** How many of one object or list are shown before the rest is asked for. */
export const PAGE = 100

const WORD = /^[A-Za-z_$][\w$-]*$/

/** Gives the path of what stands below another path. */
export function pathBelow(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (!WORD.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Gives what is kept whole beside the JSON: tables, arrays, pickles, and values that are too large for it. */
export function wholeOf(value: unknown): Whole | null {
  if (!isMap(value)) return null
  const size = typeof value.size === 'number' ? value.size : null
  if (typeof value.$artifact === 'string') return { type: 'json', digest: typeof value.digest === 'string' ? value.digest : null, size }
  if (typeof value.$type !== 'string') return null
  if (typeof value.bytes === 'string') return { type: value.$type, digest: null, size: size ?? Math.floor((value.bytes.length * 3) / 4) }
  if (typeof value.digest === 'string') return { type: value.$type, digest: value.digest, size }
  return null
}

/** Gives a value of Python's as the JSON that it resembles, with its type. */
function unwrapped(value: unknown): { value: unknown; type: string | null } {
  if (!isMap(value) || typeof value.$type !== 'string' || wholeOf(value)) return { value, type: null }
  const { $type: type, data } = value
  if (type === 'map' && Array.isArray(data)) return { value: Object.fromEntries(data.map(([key, item]) => [typeof key === 'string' ? key : JSON.stringify(key), item])), type: 'dict' }
  return { value: data === undefined ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== '$type')) : data, type }
}

interface Seen {
  open: ReadonlyMap<string, boolean>
  /** How many are shown of what has many, by path. */
  shown: ReadonlyMap<string, number>
  /** Down to which depth all is open by itself. */
  depth: number
}

/** Gives the lines that are seen of a value. */
export function linesOfJson(value: unknown, seen: Seen): JsonNode[] {
  const lines: JsonNode[] = []
  const visit = (found: unknown, name: string, path: string, depth: number) => {
    const { value: each, type } = unwrapped(found)
    const many = Array.isArray(each) || (isMap(each) && wholeOf(each) === null)
    if (!many) {
      lines.push({ path, name, depth, kind: 'leaf', value: each, count: 0, open: false, type })
      return
    }
    const entries = entriesOf(each as object)
    const open = seen.open.get(path) ?? (depth < seen.depth && entries.length <= PAGE)
    lines.push({ path, name, depth, kind: Array.isArray(each) ? 'array' : 'object', value: each, count: entries.length, open, type })
    if (open) children(entries, path, depth)
  }
  const children = (entries: [string | number, unknown][], path: string, depth: number) => {
    const shown = seen.shown.get(path) ?? PAGE
    for (const [key, item] of entries.slice(0, shown)) visit(item, String(key), pathBelow(path, key), depth + 1)
    const left = entries.length - shown
    if (left > 0) lines.push({ path: `${path}/more`, name: '', depth: depth + 1, kind: 'more', value: null, count: left, open: false, type: null })
  }
  const { value: top } = unwrapped(value)
  if (Array.isArray(top) || (isMap(top) && wholeOf(top) === null)) children(entriesOf(top), '', -1)
  else visit(value, '', '', 0)
  return lines
}

const entriesOf = (value: object): [string | number, unknown][] => (Array.isArray(value) ? value.map((item, at) => [at, item]) : Object.entries(value))

/** Gives what a folded object or list holds, in a few words. */
export function inShort(node: JsonNode): string {
  const noun = node.kind === 'array' ? 'item' : 'key'
  return `${node.count} ${noun}${node.count === 1 ? '' : 's'}`
}

/** Reads JSON; nothing where it is none. */
export function jsonOf(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}
