import { describe, expect, it } from 'vitest'
import { axisOf, clockOver, pastAt, place, presentAt, roomFor, seenOf, ticks } from './axis'

describe('a clock', () => {
  it('cuts out idle time that is long beside the work, and says how much', () => {
    const clock = clockOver([
      { from: 100, to: 104 },
      { from: 103, to: 106 },
      { from: 1106, to: 1110 },
    ])
    expect(clock.cut).toBe(1000)
    expect(clock.drawn).toBe(10)
    expect(place(clock, 100)).toBe(0)
    expect(place(clock, 1110)).toBeCloseTo(1)
    expect(place(clock, 600)).toBeCloseTo(place(clock, 1106))
  })

  it('cuts nothing where that is not wanted', () => {
    expect(clockOver([{ from: 0, to: 1 }, { from: 99, to: 100 }], false).cut).toBe(0)
  })

  it('has round ticks, as many as there is room for', () => {
    const clock = clockOver([{ from: 50, to: 60 }])
    expect(ticks(clock, 5).map((tick) => tick.label)).toEqual(['0', '2 s', '4 s', '6 s', '8 s', '10 s'])
    expect(ticks(clockOver([]), 5)).toEqual([])
  })

  it('has ticks for what is seen alone, however far one has zoomed in', () => {
    const clock = clockOver([{ from: 0, to: 1000 }])
    expect(ticks(clock, 9 * 256, { from: 0.5, to: 0.501 }).map((tick) => tick.label)).toEqual(['8 min 20 s', '8 min 20.5 s', '8 min 21 s'])
    expect(ticks(clock, 9 * 128, { from: 0.5, to: 0.504 }).map((tick) => tick.label)).toEqual(['8 min 20 s', '8 min 21 s', '8 min 22 s', '8 min 23 s', '8 min 24 s'])
  })

  it('grows by half at a time while a run goes on', () => {
    expect([1, 2.5, 3.1].map(roomFor)).toEqual([2, 3, 4.5])
  })
})

describe('two clocks', () => {
  const axis = axisOf([{ from: 0, to: 100 }], [{ from: 5000, to: 5002 }])
  it('give the origin at most 38 % of the width', () => {
    expect(axis.share).toBe(0.38)
    expect(pastAt(axis, 100)).toBeCloseTo(38)
  })
  it('put this run to the right of the cut', () => {
    expect(presentAt(axis, 5000)).toBeGreaterThan(38)
    expect(presentAt(axis, 5002)).toBeCloseTo(100)
  })
  it('tell what is seen of each', () => {
    expect(seenOf(axis, 0, 19).past).toEqual({ from: 0, to: 0.5 })
    expect(seenOf(axis, 0, 19).present).toEqual({ from: 0, to: 0 })
    expect(seenOf(axis, 50, 100).present.to).toBeCloseTo(1)
  })
  it('are one where nothing was kept', () => {
    expect(axisOf([], [{ from: 0, to: 1 }]).past).toBeNull()
  })
})
