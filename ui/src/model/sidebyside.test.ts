import { describe, expect, it } from 'vitest'
import { pythonParts, yamlParts } from './colours'
import { compareTexts } from './diff'
import { placeOfProblem } from './problem'
import { changedInside, crossed, folded, inline, paired, wordsOfChange } from './sidebyside'

const BEFORE = ['a', 'b', 'type: serdes.avro.IonToAvro', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'gone'].join('\n')
const AFTER = ['a', 'b', 'type: serdes.parquet.IonToParquet', 'new', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].join('\n')

describe('two sides', () => {
  const rows = paired(compareTexts(BEFORE, AFTER))
  it('put what was changed beside what it has become', () => {
    const changed = rows.filter((row) => row.before?.kind !== 'same')
    expect(changed.map((row) => [row.before?.text ?? null, row.after?.text ?? null])).toEqual([
      ['type: serdes.avro.IonToAvro', 'type: serdes.parquet.IonToParquet'],
      [null, 'new'],
      ['gone', null],
    ])
    expect(changed[0]?.before?.spans).toEqual([{ text: 'type: serdes.', marked: false }, { text: 'avro.IonToAvro', marked: true }])
  })
  it('fold what is far from a change', () => {
    const shown = folded(rows, 1)
    expect(shown.map((each) => ('hidden' in each ? each.hidden.length : (each.after?.text ?? each.before?.text)))).toEqual([
      'a', 'b', 'type: serdes.parquet.IonToParquet', 'new', 'c', 5, 'i', 'gone',
    ])
  })
  it('stand one below the other as well', () => {
    expect(inline(rows).slice(1, 5).map((each) => [each.line.kind, each.before, each.after])).toEqual([
      ['same', 2, 2], ['del', 3, null], ['add', null, 3], ['add', null, 4],
    ])
  })
})

describe('marks', () => {
  it('are of whole words', () => {
    expect(changedInside('x: "yy-MM"', 'x: "yyyy-MM"').map((side) => side.filter((each) => each.marked))).toEqual([[{ text: 'yy', marked: true }], [{ text: 'yyyy', marked: true }]])
  })
  it('go together with colours', () => {
    const spans = [{ text: 'id: "a', marked: false }, { text: 'b', marked: true }, { text: '"', marked: false }]
    expect(crossed(spans, yamlParts('id: "ab"'))).toEqual([
      { text: 'id', kind: 'key', marked: false },
      { text: ': ', kind: 'plain', marked: false },
      { text: '"a', kind: 'string', marked: false },
      { text: 'b', kind: 'string', marked: true },
      { text: '"', kind: 'string', marked: false },
    ])
  })
})

it('a change is told in words', () => {
  const lines = compareTexts('a\nb', 'a\nc')
  expect(wordsOfChange(['x', 'y'], ['x', 'z'], lines)).toBe('`z` added, `y` removed, 2 lines changed')
  expect(wordsOfChange(['x'], ['x'], compareTexts('a', 'a'))).toBe('the same text')
})

describe('colours', () => {
  const kinds = (line: string) => yamlParts(line).filter((each) => each.kind !== 'plain').map((each) => `${each.kind} ${each.text}`)
  it('tell keys, texts, numbers, comments and expressions apart', () => {
    expect(kinds('  - {id: say, message: "{{ a }} b", n: 3} # why')).toEqual(['key id', 'key message', 'string "', 'expression {{ a }}', 'string  b"', 'key n', 'number 3', 'comment # why'])
    expect(kinds('uri: http://x/#y')).toEqual(['key uri'])
  })
  it('know Python, also over lines', () => {
    const lines = pythonParts(['@step', 'def a():', '    """One', '    two"""', "    return f'x' # no", 'n = 12'])
    expect(lines.map((parts) => parts.filter((each) => each.kind !== 'plain').map((each) => each.kind))).toEqual([
      ['expression'], ['word'], ['string'], ['string'], ['word', 'string', 'comment'], ['number'],
    ])
  })
})

describe('a problem', () => {
  const text = 'tasks:\n  - id: y\n    mesage: "{{ a | uper }}"\n'
  it('stands at the name that is wrong', () => {
    const found = placeOfProblem(text, { message: 'the type of task `y` has no property `mesage`; did you mean `message`?', severity: 'error', line: 3, column: 5, closest: ['message'] })
    expect(text.slice(found.from, found.to)).toBe('mesage')
    expect(found.fix?.names).toEqual(['message'])
  })
  it('stands at a word, or at the rest of its line', () => {
    const missing = placeOfProblem(text, { message: 'task `y` needs `message`', severity: 'error', line: 2, column: 5, closest: [] })
    expect([text.slice(missing.from, missing.to), missing.fix]).toEqual(['id', null])
    const past = placeOfProblem(text, { message: 'this is not YAML', severity: 'error', line: 99, column: 99, closest: [] })
    expect(past.to).toBeLessThanOrEqual(text.length)
  })
})
