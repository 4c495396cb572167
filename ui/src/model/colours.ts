/** A part of a line, with what it is. */
export interface Part {
  text: string
  kind: 'plain' | 'key' | 'string' | 'number' | 'comment' | 'expression' | 'word'
}

/** Colours a line of YAML. What stands in a block of text is coloured as if it were YAML too: it mostly is like it. */
export function yamlParts(line: string): Part[] {
  const parts: Part[] = []
  const head = /^(\s*(?:-\s+)*)([{[]?\s*)("[^"]*"|'[^']*'|[A-Za-z_][\w.-]*)(\s*:)(?=\s|$)/.exec(line)
  let at = 0
  if (head) {
    const [whole, indent, brace, key, colon] = head as unknown as [string, string, string, string, string]
    push(parts, indent + brace, 'plain')
    push(parts, key, 'key')
    push(parts, colon, 'plain')
    at = whole.length
  }
  return inner(line, at, parts)
}

const TOKEN = /(\{\{.*?\}\}|\{%.*?%\})|((?:^|(?<=\s))#.*$)|("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|((?<=[{,]\s*)[A-Za-z_][\w.-]*(?=\s*:\s))|((?<![\w.-])-?\d+(?:\.\d+)?(?![\w.-])|\b(?:true|false|null)\b)/g

function inner(line: string, from: number, parts: Part[]): Part[] {
  let at = from
  for (const found of line.slice(from).matchAll(TOKEN)) {
    const begins = from + found.index
    push(parts, line.slice(at, begins), 'plain')
    at = begins + found[0].length
    if (found[1] !== undefined) push(parts, found[1], 'expression')
    else if (found[2] !== undefined) push(parts, found[2], 'comment')
    else if (found[3] !== undefined) quoted(found[3], parts)
    else if (found[4] !== undefined) push(parts, found[4], 'key')
    else push(parts, found[0], 'number')
  }
  push(parts, line.slice(at), 'plain')
  return parts
}

/** A quoted text, with its expressions apart. */
function quoted(text: string, parts: Part[]): void {
  let at = 0
  for (const found of text.matchAll(/\{\{.*?\}\}/g)) {
    push(parts, text.slice(at, found.index), 'string')
    push(parts, found[0], 'expression')
    at = found.index + found[0].length
  }
  push(parts, text.slice(at), 'string')
}

function push(parts: Part[], text: string, kind: Part['kind']): void {
  if (text === '') return
  const last = parts.at(-1)
  if (last?.kind === kind) last.text += text
  else parts.push({ text, kind })
}

const WORDS = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield True False None'.split(' '),
)
const PYTHON = /("""|''')|(#.*$)|([rbfuRBFU]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))|(@[\w.]+)|([A-Za-z_]\w*)|(\b\d[\d_.]*(?:e[+-]?\d+)?\b)/g

/** Colours lines of Python; a text in three quotes goes on over lines. */
export function pythonParts(lines: readonly string[]): Part[][] {
  let open: string | null = null
  return lines.map((line) => {
    const parts: Part[] = []
    let at = 0
    while (at < line.length) {
      if (open !== null) {
        const end = line.indexOf(open, at)
        const to: number = end < 0 ? line.length : end + open.length
        push(parts, line.slice(at, to), 'string')
        if (end >= 0) open = null
        at = to
        continue
      }
      PYTHON.lastIndex = at
      const found = PYTHON.exec(line)
      if (found === null) break
      push(parts, line.slice(at, found.index), 'plain')
      at = found.index + found[0].length
      if (found[1] !== undefined) open = found[1]
      push(parts, found[0], pythonKind(found))
    }
    push(parts, line.slice(at), 'plain')
    return parts
  })
}

function pythonKind(found: RegExpExecArray): Part['kind'] {
  if (found[1] !== undefined || found[3] !== undefined) return 'string'
  if (found[2] !== undefined) return 'comment'
  if (found[4] !== undefined) return 'expression'
  if (found[5] !== undefined) return WORDS.has(found[5]) ? 'word' : 'plain'
  return 'number'
}
