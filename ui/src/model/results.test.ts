import { describe, expect, it } from 'vitest'
import { isNumeric, kindOf, muchOf, shortDigest, storedFor, type Stored } from './artifacts'
import { depthOf, firstShown, outcomeOf, rowsOf, tallyOf, written, type ComparedTask, type TaskSide } from './compare'
import { marked, matchesOf, stepFrom } from './find'
import { compareTexts } from './diff'
import { differing, withMarks } from './inline'
import { historyOf } from './history'
import { jsonOf, linesOfJson, pathBelow, wholeOf } from './json'
import { askedOf, branchesOf } from './relatives'
import { sourceOf } from './sources'
import { foldedFrames, traceOf } from './trace'
import type { Bar } from './tree'

const folded = { open: new Map(), shown: new Map(), depth: 1 }

describe('trees of JSON', () => {
  it('are open down to a depth, and every line knows its path', () => {
    const lines = linesOfJson({ a: { 'b c': [1] }, d: 2 }, folded)
    expect(lines.map(({ path, kind, open }) => [path, kind, open])).toEqual([['a', 'object', true], ['a["b c"]', 'array', false], ['d', 'leaf', false]])
    expect(linesOfJson([{ x: 1 }], { ...folded, depth: 5 }).map(({ path }) => path)).toEqual(['[0]', '[0].x'])
    expect(pathBelow('a', 3)).toBe('a[3]')
  })
  it('give long lists in parts', () => {
    const list = Array.from({ length: 250 }, (_, at) => at)
    const seen = { ...folded, open: new Map([['l', true]]) }
    const lines = linesOfJson({ l: list }, seen)
    expect(lines).toHaveLength(102)
    expect(lines.at(-1)).toMatchObject({ kind: 'more', count: 150, path: 'l/more' })
    expect(linesOfJson({ l: list }, { ...seen, shown: new Map([['l', 600]]) })).toHaveLength(251)
  })
  it('show values of Python as the JSON that they resemble, and leave whole what is kept elsewhere', () => {
    const [pair, frame] = linesOfJson({ pair: { $type: 'tuple', data: [1, 2] }, frame: { $type: 'pandas.DataFrame', digest: 'ab', size: 9 } }, folded).filter(({ depth }) => depth === 0)
    expect(pair).toMatchObject({ kind: 'array', type: 'tuple', count: 2 })
    expect(frame).toMatchObject({ kind: 'leaf' })
    expect(wholeOf(frame?.value)).toEqual({ type: 'pandas.DataFrame', digest: 'ab', size: 9 })
    expect(wholeOf({ $type: 'x', bytes: 'AAAA' })).toMatchObject({ size: 3 })
    expect(wholeOf({ digest: 'no type' })).toBeNull()
    expect(jsonOf('{')).toBeNull()
  })
})

const stored = (some: Partial<Stored>): Stored => ({ id: 'i', digest: 'd'.repeat(64), kind: 'file', name: 'x', size: 0, output: null, summary: {}, ...some })

describe('artifacts', () => {
  it('are told by kind and by how much they are', () => {
    expect(kindOf(stored({ name: 'trips.parquet' }))).toBe('Parquet')
    expect(kindOf(stored({ name: 'x.bin' }))).toBe('.bin file')
    expect(kindOf(stored({ kind: 'pickle', summary: { type: 'pandas.DataFrame' } }))).toBe('pandas.DataFrame, pickled')
    expect(muchOf(stored({ size: 1500 }), 1)).toBe('1 row, 1.5 kB')
    expect(muchOf(stored({ summary: { shape: [2, 3], dtype: 'int8' } }))).toBe('2 × 3 int8')
    expect(muchOf(stored({ summary: { rows: 1204, columns: 3 } }))).toBe('1,204 rows, 3 columns')
    expect(shortDigest('0123456789abcdef')).toBe('0123 4567 89ab')
    expect(['int64', 'double', 'decimal128(3, 1)', 'UInt8', 'string', null].map(isNumeric)).toEqual([true, true, true, true, false, false])
  })
  it('are found for a value by their digest, else as the only one of an output', () => {
    const file = stored({ id: '1', output: 'uri' })
    const frame = stored({ id: '2', kind: 'pandas.DataFrame', output: 'output', digest: 'e'.repeat(64) })
    expect(storedFor([file, frame], 'uri', `dalsegno://${file.digest}/x`)).toBe(file)
    expect(storedFor([file, frame], 'output', { $type: 'pandas.DataFrame', bytes: 'AA' })).toBe(frame)
    expect(storedFor([file], 'uri', { $type: 'x' })).toBeNull()
  })
})

describe('a lineage', () => {
  const run = (id: string, origin: string | null) => ({ id, origin, created: id })
  const runs = [run('a', null), run('b', 'a'), run('c', 'b'), run('d', 'a')]
  it('stands as a tree, in which a run can be folded', () => {
    expect(branchesOf(runs).map(({ run, depth, last }) => [run.id, depth, last])).toEqual([
      ['a', 0, []], ['b', 1, [false]], ['c', 2, [false, true]], ['d', 1, [true]],
    ])
    expect(branchesOf(runs, new Set(['b'])).map(({ run }) => run.id)).toEqual(['a', 'b', 'd'])
    expect(branchesOf([run('x', 'gone')])).toHaveLength(1)
  })
  it('says what each replay was asked', () => {
    expect(askedOf({ start: ['a', 'b'] })).toBe('from a, b')
    expect(askedOf({ inputs: { month: 1 } })).toBe('everything, with input month')
    expect(askedOf({ changed: true, outputs: { x: 1 } })).toBe('what changed, with x pinned')
    expect(askedOf(null)).toBe('')
  })
})

const taskSide = (some: Partial<TaskSide> = {}): TaskSide => ({ task_run: 't', type: 'x', state: 'SUCCESS', action: 'RUN', attempt: 1, seconds: 1, output_digest: 'a', reused_from: null, error: null, reason: '', ...some })
const compared = (address: string, same: boolean, some: Partial<ComparedTask> = {}): ComparedTask => ({
  address, same_result: same, is_group: false, before: taskSide(), after: taskSide(), properties: [], rendered: [], read: [], outputs: [], more_outputs: 0, ...some,
})

describe('comparisons', () => {
  const items = Array.from({ length: 9 }, (_, at) => compared(`each[${at}].load`, at !== 4))
  const tasks = [compared('first', true), compared('each', false, { is_group: true }), ...items, compared('old', false, { after: null })]
  it('count what is the same, what differs and what only one run has', () => {
    expect(tasks.map(outcomeOf).slice(-1)).toEqual(['before'])
    expect(tallyOf(tasks)).toEqual({ all: 11, different: 1, same: 9, one: 1 })
    expect(firstShown(tasks, null)?.address).toBe('each[4].load')
    expect(firstShown(tasks, 'first')?.address).toBe('first')
  })
  it('fold many equal items of a loop', () => {
    const rows = rowsOf(tasks, 'all', new Set())
    expect(rows.filter((row) => row.kind === 'more')).toEqual([{ kind: 'more', key: 'each', count: 2, depth: 1 }])
    expect(rowsOf(tasks, 'all', new Set(['each']))).toHaveLength(tasks.length)
    expect(rowsOf(tasks, 'different', new Set()).map((row) => row.kind === 'task' && row.label)).toEqual(['[4].load'])
  })
  it('know how deep an address stands', () => {
    expect(depthOf('a["x]y"].b[c].d')).toBe(2)
    expect(written({ a: 1 })).toBe('{\n  "a": 1\n}')
    expect(written(undefined)).toBe('')
  })
})

describe('the history of a task', () => {
  const at = (second: number) => new Date(second * 1000).toISOString()
  const task = { created: at(0), started: at(1), ended: at(5), state: 'SUCCESS', action: 'RUN', reused_from: null }
  it('has each attempt, and the waiting between them', () => {
    const passed = historyOf(task, [{ number: 1, state: 'FAILED', started: at(1), ended: at(2) }, { number: 2, state: 'SUCCESS', started: at(4), ended: at(5) }])
    expect(passed.map(({ state, at }) => [state, at])).toEqual([['CREATED', 0], ['RUNNING', 1], ['FAILED', 2], ['RETRYING', 2], ['RUNNING', 4], ['SUCCESS', 5]])
  })
  it('is short where there were no attempts, and where it was kept', () => {
    expect(historyOf(task, []).map(({ state }) => state)).toEqual(['CREATED', 'RUNNING', 'SUCCESS'])
    expect(historyOf({ ...task, reused_from: 'x' }, []).map(({ state }) => state)).toEqual(['RUNNING', 'SUCCESS'])
  })
})

describe('where a value came from', () => {
  const bar = (address: string, task: string): Bar => ({ id: address, address, task, type: '', parent: null, state: 'SUCCESS', action: 'RUN', attempts: 1, started: 0, ended: 0, reusedFrom: null })
  const bars = [bar('load', 'load'), bar('each[paris].store', 'store'), bar('each["a.b"].store', 'store')]
  it('is the task run that is named, with its item', () => {
    expect(sourceOf('outputs.store.paris.uri', bars)).toMatchObject({ kind: 'task', address: 'each[paris].store', rest: 'uri' })
    expect(sourceOf('outputs.store.a.b', bars)).toMatchObject({ address: 'each["a.b"].store', rest: '' })
    expect(sourceOf('outputs.gone.x', bars)).toMatchObject({ address: 'gone', rest: 'x', bar: null })
    expect(sourceOf('inputs.month', bars)).toEqual({ kind: 'input', name: 'month' })
    expect(sourceOf('taskrun.value', bars)).toEqual({ kind: 'other', path: 'taskrun.value' })
  })
})

describe('tracebacks', () => {
  const text = [
    'Traceback (most recent call last):', '  File "/home/a/flow.py", line 3, in parse', '    return load(text)', '           ^^^^^^^^^^',
    '  File "/usr/lib/python3.11/json/__init__.py", line 1, in loads', '    decode()', '  File "/x/site-packages/y.py", line 2, in z', '    boom()', 'ValueError: no',
  ].join('\n')
  it('are told apart into own frames and those of libraries', () => {
    const trace = traceOf(text)
    expect(trace?.said).toBe('ValueError: no')
    expect(trace?.frames[0]).toEqual({ file: '/home/a/flow.py', line: 3, name: 'parse', code: 'return load(text)', foreign: false })
    expect(foldedFrames(trace?.frames ?? []).map((fold) => (fold.kind === 'own' ? 'own' : fold.frames.length))).toEqual(['own', 2])
    expect(traceOf('what a script wrote')).toBeNull()
  })
})

describe('finding in lines', () => {
  const lines = ['Alpha', 'beta', 'ALPHABET'].map((text) => ({ text }))
  it('steps through matches, round the end', () => {
    const matches = matchesOf(lines, ' alpha')
    expect(matches).toEqual([0, 2])
    expect(stepFrom(matches, null, 1)).toBe(0)
    expect(stepFrom(matches, 0, 1)).toBe(2)
    expect(stepFrom(matches, 2, 1)).toBe(0)
    expect(stepFrom(matches, 0, -1)).toBe(2)
    expect(stepFrom([], 0, 1)).toBeNull()
  })
  it('marks what was looked for', () => {
    expect(marked('xAbxab', 'ab')).toEqual([{ text: 'x', hit: false }, { text: 'Ab', hit: true }, { text: 'x', hit: false }, { text: 'ab', hit: true }])
    expect(marked('x', '')).toEqual([{ text: 'x', hit: false }])
  })
})

describe('marks inside lines', () => {
  it('stand at what differs between a line and its counterpart', () => {
    expect(differing('auc: 0.8712,', 'auc: 0.8841,')).toEqual([{ from: 8, to: 11 }, { from: 8, to: 11 }])
    expect(differing('abc', 'xyz')).toBeNull()
    const marks = withMarks(compareTexts('a: 1\nsame\nb', 'a: 2\nsame')).map(({ mark }) => mark)
    expect(marks).toEqual([{ from: 3, to: 4 }, { from: 3, to: 4 }, null, null])
  })
})
