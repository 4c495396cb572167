import { describe, expect, it } from 'vitest'
import { axisSpan, axisWords, lineOf, outcomesOf, periodWords, secondTicks, ticksOf } from './chart'
import { keptFlows } from './failing'
import { stripOf, stripWords } from './strip'

describe('charts', () => {
  it('have round numbers beside them', () => {
    expect(ticksOf(292)).toEqual([0, 100, 200, 300])
    expect(ticksOf(1, true)).toEqual([0, 1])
    expect(ticksOf(4, true)).toEqual([0, 2, 4])
    expect(ticksOf(0)).toEqual([0, 1])
    expect(secondTicks(200)).toEqual([0, 120, 240])
    expect(secondTicks(0.0061)).toEqual([0, 0.01])
    expect([0, 120, 240, 5400, 2, 0.5].map(axisSpan)).toEqual(['0', '2 min', '4 min', '1 h 30 min', '2 s', '0.5 s'])
  })
  it('name as many periods as have room, and the last one always', () => {
    const days = Array.from({ length: 14 }, (_, at) => ({ begin: new Date(2026, 10, 24 + at).toISOString() }))
    expect(axisWords(days, 'day', 800).slice(5, 9)).toEqual(['29', '30', '1 Dec', '2'])
    const few = axisWords(days, 'day', 200)
    expect(few.filter((each) => each !== null)).toHaveLength(5)
    expect(few.at(-1)).toBe('7')
    expect(periodWords(days[0] ?? { begin: '' }, 'day')).toBe('Tue 24 Nov')
  })
  it('break a line off where nothing is known', () => {
    expect(lineOf([1, 2, null, 3], (at) => at * 10, (value) => value)).toBe('M0.0 1.0L10.0 2.0M30.0 3.0')
  })
  it('tell what became of runs', () => {
    expect(outcomesOf({ runs: 10, counts: { SUCCESS: 4, WARNING: 1, FAILED: 2, KILLED: 1, RUNNING: 2 } })).toEqual({ well: 5, failed: 3, open: 2 })
  })
})

describe('the strip of a run', () => {
  it('has a block for each task, or shares where there are many', () => {
    const few = [{ action: 'RUN', state: 'FAILED', count: 1 }, { action: 'REUSE', state: 'SUCCESS', count: 2 }]
    expect(stripOf(few).map((block) => block.look)).toEqual(['reused', 'reused', 'failed'])
    expect(stripWords(few)).toBe('3 tasks: 2 reused, 1 failed')
    const many = stripOf([{ action: 'RUN', state: 'SUCCESS', count: 999 }, { action: 'RUN', state: 'FAILED', count: 1 }])
    expect(many).toEqual([{ look: 'success', width: 84 }, { look: 'failed', width: 6 }])
  })
})

describe('the flows that fail', () => {
  it('stay where they were shown, and what is new follows', () => {
    const flow = (name: string, runs = 1) => ({ namespace: 'shop', flow: name, runs })
    expect(keptFlows([flow('a'), flow('b')], [flow('c'), flow('b', 2)])).toEqual([flow('a'), flow('b', 2), flow('c')])
  })
})
