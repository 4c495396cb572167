import { describe, expect, it } from 'vitest'
import { chipsOf, filtersOf, withField } from './filters'
import { foldedRows, openRoots, selecting, type Member } from './lineage'

const run = (id: string, origin: string | null = null, root = id): Member => ({ id, origin, root })
const none = { turned: new Map<string, boolean>(), members: new Map<string, Member[]>() }

describe('a list of runs', () => {
  const runs = [run('b3', 'b1', 'b1'), run('c1'), run('b1')]
  const lineages = { b1: { root: run('b1'), replays: 2 } }

  it('folds a lineage under its root, at the place of its newest run', () => {
    const rows = foldedRows(runs, { lineages, ...none })
    expect(rows.map((row) => [row.run.id, row.replays, row.open])).toEqual([
      ['b1', 2, false],
      ['c1', 0, false],
    ])
  })
  it('opens it into all its replays, each below what it replays', () => {
    const members = new Map([['b1', [run('b1'), run('b2', 'b1', 'b1'), run('b3', 'b1', 'b1'), run('b4', 'b2', 'b1'), run('b5', 'gone', 'b1')]]])
    const rows = foldedRows(runs, { lineages, turned: new Map([['b1', true]]), members })
    expect(rows.map((row) => [row.run.id, row.depth, row.matches])).toEqual([
      ['b1', 0, true],
      ['b2', 1, false],
      ['b4', 2, false],
      ['b3', 1, true],
      ['b5', 1, false],
      ['c1', 0, true],
    ])
    expect(openRoots(rows)).toEqual(['b1'])
  })
  it('shows a root for its replays alone, and opens them, where the root itself is not among what was asked for', () => {
    const rows = foldedRows([run('b3', 'b1', 'b1')], { lineages, ...none })
    expect(rows.map((row) => [row.run.id, row.depth, row.matches])).toEqual([
      ['b1', 0, false],
      ['b3', 1, true],
    ])
  })
  it('is selected one by one, and up to a row', () => {
    const rows = foldedRows([run('a'), run('b'), run('c'), run('d')], { lineages: {}, ...none })
    const one = selecting(new Map<string, Member>(), rows, 1, null)
    expect([...selecting(one, rows, 3, { from: 1 }).keys()]).toEqual(['b', 'c', 'd'])
    expect([...selecting(one, rows, 1, null).keys()]).toEqual([])
  })
})

describe('filters', () => {
  it('are all those of the API, and each is a chip', () => {
    const filters = filtersOf({
      state: ['failed', 'killed'], namespace: 'shop', flow: 'shop.rides', revision: '3', label: ['a=b', 'c=d'], failed_task: 'load', author: 'ann',
      origin: 'rides-1', root: '01a2254f-347e-7790-9868-e42c607d0317', replayed: 'false', fixed: 'true', top: 'true', whole: 'true', since: '7d',
      started_since: '2026-11-01T08:00:00.000Z', ended_until: '2026-11-02T08:00:00.000Z', revisions: 3,
    })
    expect(chipsOf(filters).map((chip) => `${chip.label} ${chip.value}`)).toEqual([
      'State Failed or Killed', 'Fixed yes', 'Replayed not yet', 'Subflow runs left out', 'Whole runs only', 'Namespace shop', 'Flow shop.rides',
      'Revision 3', 'Failed task load', 'Started by ann', 'Replay of rides-1', 'Lineage of 01a2254f', 'Label a=b', 'Label c=d', 'Made last 7 days',
      'Begun since 2026-11-01 08:00', 'Ended before 2026-11-02 08:00',
    ])
    expect(chipsOf(filters).find((chip) => chip.value === 'a=b')?.rest.label).toEqual(['c=d'])
  })
  it('are set by what is written, and taken away by nothing', () => {
    expect(withField({ label: ['a=b'] }, 'label', 'c=d', 'a=b')).toEqual({ label: ['c=d'] })
    expect(withField({ flow: 'x' }, 'flow', ' ')).toEqual({})
    expect(withField({ revision: 2 }, 'revision', 'two')).toEqual({})
  })
})
