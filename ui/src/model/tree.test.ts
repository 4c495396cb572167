import { describe, expect, it } from 'vitest'
import { linesOf, treeOf, triedBy, withAttempts, type Bar, type GraphNode } from './tree'

const bar = (address: string, state: string, from: number, more: Partial<Bar> = {}): Bar => ({
  id: address,
  address,
  task: address.slice(address.lastIndexOf('.') + 1),
  type: 'core.debug.Return',
  parent: null,
  state,
  action: 'RUN',
  attempts: 1,
  started: from,
  ended: from + 1,
  reusedFrom: null,
  ...more,
})
const node = (id: string, position: number, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  position,
  group: null,
  handles: null,
  kind: 'work',
  ...more,
})
const shown = (lines: ReturnType<typeof linesOf>) => lines.map(({ row, depth }) => `${' '.repeat(depth)}${row.label}`)

const NODES = [
  node('list', 0),
  node('each', 1, { kind: 'loop' }),
  node('load', 2, { group: 'each' }),
  node('store', 3, { group: 'each' }),
  node('both', 4, { kind: 'parallel' }),
  node('left', 5, { group: 'both' }),
  node('oops', 6, { handles: 'errors' }),
]

describe('the tree of a run', () => {
  it('puts items into their loop, and handlers at the end, in the order of the flow', () => {
    const bars = [
      bar('oops', 'SUCCESS', 9),
      bar('each', 'FAILED', 1),
      bar('each[a].load', 'SUCCESS', 1, { parent: 'each' }),
      bar('each[b.c].load', 'FAILED', 2, { parent: 'each' }),
      bar('each[a].store', 'SUCCESS', 3, { parent: 'each' }),
      bar('list', 'SUCCESS', 0),
    ]
    const rows = treeOf(bars, NODES, [{ address: 'both', task: 'both', type: '', action: 'RUN' }, { address: 'left', task: 'left', type: '', action: 'RUN' }], true)
    expect(shown(linesOf(rows, new Map()))).toEqual(['list', 'each', ' a', ' b.c', 'both', ' left', 'on failure', ' oops'])
    expect(rows[1]?.share).toEqual(new Map([['success', 2], ['failed', 1]]))
    expect(rows[2]?.children[0]?.look).toBe('skipped')
  })

  it('shows the items of a long loop that went wrong first, and the rest as one row', () => {
    const items = Array.from({ length: 20 }, (_, index) => bar(`each[${index}].load`, index === 17 ? 'FAILED' : 'SUCCESS', index, { parent: 'each' }))
    const rows = treeOf([bar('each', 'FAILED', 0), ...items], NODES, [], true)
    const lines = shown(linesOf(rows, new Map()))
    expect(lines).toContain(' 17')
    expect(lines).toHaveLength(10)
    expect(lines.at(-1)).toBe(' 12 more')
    expect(linesOf(rows, new Map([['more:each[0].load', true]]))).toHaveLength(22)
  })

  it('shows the items of a live loop in their order, and the one that is open always', () => {
    const items = Array.from({ length: 20 }, (_, index) => bar(`each[${index}].load`, 'SUCCESS', 0, { parent: 'each', ended: index }))
    const rows = treeOf([bar('each', 'RUNNING', 0), ...items], NODES, [], false)
    const live = shown(linesOf(rows, new Map(), { kept: 'each[15].load', longest: false }))
    expect(live).toEqual(['each', ' 0', ' 1', ' 2', ' 3', ' 4', ' 5', ' 6', ' 15', ' 12 more'])
    expect(shown(linesOf(rows, new Map()))[1]).toBe(' 12')
  })

  it('unfolds the attempts of a task that was tried again', () => {
    const rows = treeOf([bar('list', 'SUCCESS', 0, { attempts: 2 })], NODES, [], true)
    const tries = [
      { number: 1, state: 'FAILED', started: '2026-08-01T00:00:00Z', ended: '2026-08-01T00:00:01Z' },
      { number: 2, state: 'SUCCESS', started: '2026-08-01T00:00:02Z', ended: null },
    ]
    const known = new Map([['list', tries]])
    expect(shown(withAttempts(linesOf(rows, new Map()), known))).toEqual(['list'])
    const lines = withAttempts(linesOf(rows, new Map([['list', true]])), known)
    expect(shown(lines)).toEqual(['list', ' Attempt 1', ' Attempt 2'])
    expect(lines[1]?.row.look).toBe('failed')
    expect(lines[1] && triedBy(lines[1].row)).toBe('list')
  })

  it('leaves out what a plan leaves out', () => {
    expect(treeOf([], NODES, [{ address: 'list', task: 'list', type: '', action: 'LEAVE' }], false)).toEqual([])
  })
})
