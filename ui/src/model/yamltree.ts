/** A text of YAML as far as an editor needs it: what stands in what, and where. It is read however broken the text is. */
export type Tree = Map | List | Scalar

interface Ranged {
  /** Where it begins and ends in the text. */
  from: number
  to: number
}

export interface Map extends Ranged {
  kind: 'map'
  entries: Entry[]
}

export interface List extends Ranged {
  kind: 'list'
  items: (Tree | null)[]
}

export interface Scalar extends Ranged {
  kind: 'scalar'
  text: string
}

/** A key of a map, with what it has. Without `colon` it is a word that may become a key. */
export interface Entry extends Ranged {
  key: string
  /** Where the key ends. */
  end: number
  colon: boolean
  value: Tree | null
}

/** A container whose end is not known yet. */
interface Open {
  column: number
  node: Map | List
}

/** Where the next value belongs. */
type Slot = (value: Tree) => void

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:{}[\],&*!|>'"%@`-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)/
const BLOCK = /^[|>][+-]?\d?[+-]?\s*(#.*)?$/

/** Reads a text. */
export function treeOf(text: string): Tree | null {
  return new Reader(text).read()
}

class Reader {
  private readonly open: Open[] = []
  private root: Tree | null = null
  /** What a line that is deeper than the last key belongs to. */
  private slot: Slot = (value) => {
    this.root ??= value
  }
  private scalar: { column: number; node: Scalar } | null = null

  constructor(private readonly text: string) {}

  read(): Tree | null {
    let from = 0
    while (from <= this.text.length) {
      const next = this.text.indexOf('\n', from)
      const to = next < 0 ? this.text.length : next
      const until = this.line(from, to)
      for (const each of this.open) each.node.to = Math.max(each.node.to, Math.min(until, this.text.length))
      from = until + 1
    }
    return this.root
  }

  /** Reads a line, and gives where it ends: a map in braces may go on over several. */
  private line(from: number, to: number): number {
    const line = this.text.slice(from, to)
    const column = line.length - line.trimStart().length
    if (this.scalar !== null) {
      if (line.trim() === '' || column > this.scalar.column) {
        this.scalar.node.to = to
        return to
      }
      this.scalar = null
    }
    if (line.trim() === '' || line.trimStart().startsWith('#') || /^(---|\.\.\.)\s*$/.test(line)) return to
    this.close(column, /^-(\s|$)/.test(line.trimStart()))
    return this.content(from + column, to, column)
  }

  /** Closes what a line at this column does not stand in. */
  private close(column: number, dash: boolean): void {
    for (let top = this.open.at(-1); top !== undefined; top = this.open.at(-1)) {
      const ended = top.column > column || (top.column === column && top.node.kind === 'list' && !dash)
      if (!ended) return
      this.open.pop()
    }
  }

  private content(from: number, to: number, column: number): number {
    let at = from
    let place = column
    for (let dash = /^-(\s+|$)/.exec(this.text.slice(at, to)); dash; dash = /^-(\s+|$)/.exec(this.text.slice(at, to))) {
      this.item(at, to, place)
      at += dash[0].length
      place += dash[0].length
    }
    const rest = this.text.slice(at, to)
    if (rest.trim() === '') return to
    if (/^[{[]/.test(rest)) return this.value(at, to)
    const key = KEY.exec(rest)
    return key ? this.entry(at, to, place, key) : this.word(at, to, place)
  }

  private item(at: number, to: number, column: number): void {
    const top = this.open.at(-1)
    let list: List
    if (top?.node.kind === 'list' && top.column === column) list = top.node
    else {
      list = { kind: 'list', from: at, to, items: [] }
      this.slot(list)
      this.open.push({ column, node: list })
    }
    const index = list.items.push(null) - 1
    this.slot = (value) => {
      list.items[index] = value
    }
  }

  private map(at: number, to: number, column: number): Map {
    const top = this.open.at(-1)
    if (top?.node.kind === 'map' && top.column === column) return top.node
    const made: Map = { kind: 'map', from: at, to, entries: [] }
    this.slot(made)
    this.open.push({ column, node: made })
    return made
  }

  private entry(at: number, to: number, column: number, key: RegExpExecArray): number {
    const map = this.map(at, to, column)
    const name = key[1] ?? ''
    const entry: Entry = { key: unquoted(name), from: at, end: at + name.length, to, colon: true, value: null }
    map.entries.push(entry)
    this.slot = (value) => {
      entry.value ??= value
    }
    const begins = at + key[0].length
    const rest = this.text.slice(begins, to)
    const value = rest.trimStart()
    const place = begins + rest.length - value.length
    if (value === '' || value.startsWith('#')) return to
    if (BLOCK.test(value)) {
      const node: Scalar = { kind: 'scalar', from: place, to, text: '' }
      entry.value = node
      this.scalar = { column, node }
      return to
    }
    return this.value(place, to)
  }

  /** A word that is no key yet, or goes on with the text before. */
  private word(at: number, to: number, column: number): number {
    const top = this.open.at(-1)
    const last = top?.node.kind === 'map' ? top.node.entries.at(-1) : undefined
    if (top !== undefined && top.column < column && last?.value?.kind === 'scalar') {
      last.value.to = to
      return to
    }
    const text = this.text.slice(at, to).trimEnd()
    if (/\s/.test(text) || /^["']/.test(text)) return this.value(at, to)
    const map = this.map(at, to, column)
    map.entries.push({ key: text, from: at, end: at + text.length, to, colon: false, value: null })
    return to
  }

  private value(at: number, to: number): number {
    const [value, end] = /^[{[]/.test(this.text[at] ?? '') ? this.flow(at) : [plain(this.text, at, to), to]
    this.slot(value)
    if (end <= to) return to
    const next = this.text.indexOf('\n', end)
    return next < 0 ? this.text.length : next
  }

  /** Reads a map or a list in brackets, and gives where it ends; one that is never closed ends with its line. */
  private flow(at: number): [Tree, number] {
    const node: Map | List = this.text[at] === '{' ? { kind: 'map', from: at, to: at, entries: [] } : { kind: 'list', from: at, to: at, items: [] }
    let place = at + 1
    for (;;) {
      place += /^[\s,]*/.exec(this.text.slice(place))?.[0].length ?? 0
      const sign = this.text[place]
      if (sign === undefined || sign === '}' || sign === ']') {
        node.to = Math.min(place + 1, this.text.length)
        return [node, node.to]
      }
      place = node.kind === 'map' ? this.flowEntry(node, place) : this.flowItem(node, place)
    }
  }

  private flowEntry(map: Map, at: number): number {
    const name = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,{}[\]\n]*?(?=\s*(:(\s|$)|[,{}[\]\n]|$)))/.exec(this.text.slice(at))?.[0] ?? ''
    const entry: Entry = { key: unquoted(name), from: at, end: at + name.length, to: at + name.length, colon: false, value: null }
    map.entries.push(entry)
    const colon = /^\s*:[ \t]*/.exec(this.text.slice(entry.end))
    if (colon === null) return Math.max(entry.end, at + 1)
    entry.colon = true
    const begins = entry.end + colon[0].length
    entry.to = begins
    if (/^[,}\n]/.test(this.text[begins] ?? ',')) return begins
    const [value, end] = this.flowValue(begins)
    entry.value = value
    entry.to = end
    return Math.max(end, at + 1)
  }

  private flowItem(list: List, at: number): number {
    const [value, end] = this.flowValue(at)
    list.items.push(value)
    return Math.max(end, at + 1)
  }

  private flowValue(at: number): [Tree, number] {
    if (/^[{[]/.test(this.text[at] ?? '')) return this.flow(at)
    const rest = this.text.slice(at)
    const found = /^("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?|(?:\{\{.*?\}\}|[^,{}[\]\n])*)/.exec(rest)?.[0] ?? ''
    return [{ kind: 'scalar', from: at, to: at + found.trimEnd().length, text: unquoted(found.trim()) }, at + found.length]
  }
}

function plain(text: string, at: number, to: number): Scalar {
  const line = text.slice(at, to)
  const quoted = /^("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)/.exec(line)?.[0]
  const written = quoted ?? line.replace(/\s+#.*$/, '').trimEnd()
  return { kind: 'scalar', from: at, to: at + written.length, text: unquoted(written) }
}

function unquoted(text: string): string {
  if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/** Where a position is: the way to it from the root, and what stands there. */
export interface Place {
  /** Each map with its key, each list with its index, from the root. */
  trail: Step[]
  at: 'key' | 'value'
  /** The word at the position: the key, or the value as it is written. */
  from: number
  to: number
  text: string
}

export type Step = { map: Map; key: string } | { list: List; index: number }

/** Gives where a position is; nothing where it is in no word. */
export function placeAt(tree: Tree | null, position: number, trail: Step[] = []): Place | null {
  if (tree === null || position < tree.from || position > tree.to) return null
  if (tree.kind === 'scalar') return { trail, at: 'value', from: tree.from, to: tree.to, text: tree.text }
  if (tree.kind === 'list') {
    for (const [index, each] of tree.items.entries()) {
      const found = placeAt(each, position, [...trail, { list: tree, index }])
      if (found) return found
    }
    return null
  }
  for (const entry of tree.entries) {
    const step = [...trail, { map: tree, key: entry.key }]
    if (position >= entry.from && position <= entry.end) return { trail: step, at: 'key', from: entry.from, to: entry.end, text: entry.key }
    const found = placeAt(entry.value, position, step)
    if (found) return found
  }
  return null
}

/** Gives the value of a key of a map. */
export const valueIn = (tree: Tree | null | undefined, key: string): Tree | null =>
  (tree?.kind === 'map' ? tree.entries.find((each) => each.colon && each.key === key)?.value : null) ?? null

/** Gives the text of a key of a map, where it has one. */
export function textIn(tree: Tree | null | undefined, key: string): string | null {
  const found = valueIn(tree, key)
  return found?.kind === 'scalar' ? found.text : null
}
