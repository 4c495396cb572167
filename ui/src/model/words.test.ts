import { describe, expect, it } from 'vitest'
import { around, item, segments } from './address'
import { compareTexts, nearChanges } from './diff'
import { filtersOf } from './filters'
import { duration, size, when } from './format'
import { valueOf } from './inputs'
import { lineOf } from './lines'
import { actionWords, movedFrom, type Plan } from './plan'
import { asCommand, asPython, requestOf, type Choices } from './request'

describe('addresses', () => {
  it('are split at the dots that are in no key', () => {
    expect(segments('each["a.b]"].inner[x].load')).toEqual(['each["a.b]"]', 'inner[x]', 'load'])
    expect(around('each[paris].load')).toBe('each[paris]')
    expect(item('outer[a].each["a b"]')).toEqual({ loop: 'outer[a].each', key: 'a b' })
    expect(item('load')).toBeNull()
  })
})

describe('words', () => {
  it('give a time span in two units at the most', () => {
    expect([0.0004, 0.04, 4.61, 182, 5460, 200_000].map(duration)).toEqual(['0 ms', '40 ms', '4.6 s', '3 min 02 s', '1 h 31 min', '2 d 8 h'])
  })
  it('name near days', () => {
    const now = new Date(2026, 10, 21, 12)
    expect(when(new Date(2026, 10, 21, 9, 14, 32), now)).toBe('Today 09:14:32')
    expect(when(new Date(2026, 10, 20, 6), now)).toBe('Yesterday 06:00')
    expect(when(new Date(2026, 10, 19, 2), now)).toBe('Thu 19 Nov 02:00')
  })
  it('give sizes', () => {
    expect([9, 41_200_000].map(size)).toEqual(['9 B', '41.2 MB'])
  })
})

const CHOICES: Choices = {
  mode: 'task',
  starts: ['each[paris].load'],
  alone: false,
  until: [],
  skip: [],
  revision: 2,
  inputs: { month: "it's 08", rows: 3 },
  taskInputs: {},
  pins: {},
  breakpoints: [],
  acknowledge: [],
  keepEffects: false,
  freshClock: false,
  reason: ' fixed ',
}

describe('a request', () => {
  it('has only what was chosen', () => {
    expect(requestOf('id', CHOICES)).toEqual({
      origin: 'id',
      revision: 2,
      start: ['each[paris].load'],
      inputs: { month: "it's 08", rows: 3 },
      reason: 'fixed',
    })
    expect(requestOf('id', { ...CHOICES, mode: 'failed', inputs: {}, reason: '' })).toEqual({ origin: 'id', revision: 2, skip_successful: true })
    expect(requestOf('id', { ...CHOICES, alone: true, inputs: {}, reason: '' })).toHaveProperty('only')
  })
  it('is written as a command that a shell reads', () => {
    expect(asCommand(requestOf('id', CHOICES), 'rides-1')).toBe(
      `dalsegno replay rides-1 --from 'each[paris].load' --revision 2 -i 'month=it'\\''s 08' -i rows=3 --reason fixed`,
    )
  })
  it('is written as Python', () => {
    expect(asPython(requestOf('id', CHOICES), 'rides-1', 'http://127.0.0.1:7070')).toContain(
      `ReplayRequest(origin="rides-1", revision=2, start=("each[paris].load",), inputs={"month": "it's 08", "rows": 3}, reason="fixed")`,
    )
  })
})

const plan = (...actions: string[]): Plan =>
  ({ decisions: actions.map((action, index) => ({ address: `t${index}`, task: `t${index}`, action, estimate_s: 1 })), dropped: [] }) as unknown as Plan

describe('a plan', () => {
  it('says in its button what runs, of how many', () => {
    const sums = { run: 1, reuse: 3, pin: 0, check: 0, leave: 0, drop: 0, all: 4 }
    expect(actionWords(sums)).toBe('Replay 1 of 4 tasks')
    expect(actionWords({ ...sums, run: 4 })).toBe('Replay all 4 tasks')
    expect(actionWords({ ...sums, run: 0 })).toBe('Replay, run nothing')
  })
  it('tells what is decided otherwise than before', () => {
    expect([...movedFrom(plan('RUN', 'RUN'), plan('REUSE', 'RUN', 'RUN'))]).toEqual([['t0', 'RUN'], ['t2', null]])
  })
})

describe('what is read of texts', () => {
  it('compares two texts by their lines, and shows what is near a change', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng'
    const after = 'a\nB\nc\nd\ne\nf\ng\nh'
    const lines = compareTexts(before, after)
    expect(lines.filter((line) => line.kind !== 'same').map(({ kind, text, before, after }) => [kind, text, before, after])).toEqual([
      ['del', 'b', 2, null],
      ['add', 'B', null, 2],
      ['add', 'h', null, 8],
    ])
    expect(nearChanges(lines, 1).map((line) => (line.kind === 'gap' ? '…' : line.text))).toEqual(['a', 'b', 'B', 'c', '…', 'g', 'h'])
    expect(compareTexts('', 'a').map((line) => line.kind)).toEqual(['del', 'add'])
  })
  it('finds a property of a task in the text of a flow', () => {
    const text = 'id: loads\ntasks:\n  - id: "load"\n    url: x\n  - {id: store, path: y}\n  - id: last\n    url: z'
    expect([lineOf(text, 'load', 'url'), lineOf(text, 'load', 'path'), lineOf(text, 'store', 'path'), lineOf(text, 'last', 'url')]).toEqual([4, 3, 5, 7])
    expect(lineOf(text, 'gone', null)).toBeNull()
  })
  it('takes the filters of an address that it knows', () => {
    expect(filtersOf({ state: 'failed', text: '', fixed: 'false', flow: 7, other: 1 })).toEqual({ state: ['FAILED'], fixed: false, flow: '7' })
  })
  it('makes numbers of what is written into a field for numbers', () => {
    expect(valueOf({ id: 'rows', type: 'INT' }, '12')).toBe(12)
    expect(valueOf({ id: 'rows', type: 'INT' }, 'many')).toBe('many')
    expect(valueOf({ id: 'x', type: 'JSON' }, '{"a": 1}')).toEqual({ a: 1 })
  })
})
