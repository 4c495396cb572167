import { describe, expect, it } from 'vitest'
import { errorMarks, taskAtLine } from './draftmarks'
import { tasksOf } from './flowtext'
import { heights } from './lastruns'
import { ranked, type Entry } from './palette'
import { revisionNote } from './revisions'
import { treeOf } from './yamltree'

const TEXT = `tasks:
  - id: each
    type: core.flow.ForEach
    tasks:
      - id: load
        type: core.log.Log
  - {id: last, type: core.log.Log}
errors:
  - id: dag
    type: core.flow.Dag
    tasks:
      - task: {id: inner, type: core.log.Log}
`
const tasks = tasksOf(treeOf(TEXT))

describe('the tasks of a text', () => {
  it('are found at any depth', () => {
    expect(tasks.map((each) => each.id)).toEqual(['each', 'load', 'last', 'dag', 'inner'])
  })
  it('are told by a line: the innermost is meant', () => {
    expect([2, 3, 6, 7, 12].map((line) => taskAtLine(TEXT, tasks, line)?.id)).toEqual(['each', 'each', 'load', 'last', 'inner'])
    expect(taskAtLine(TEXT, tasks, 1)).toBeNull()
  })
  it('are marked with what is wrong in them, errors before warnings', () => {
    const problem = (line: number, severity: string, message: string) => ({ line, column: 1, severity, message, closest: [] })
    const marks = errorMarks([problem(6, 'warning', 'task `load` is odd'), problem(6, 'error', 'the type of task `load` has no property `x`; did you mean `y`?'), problem(7, 'note', 'aside')], TEXT, tasks)
    expect([...marks]).toEqual([['load', { look: 'failed', word: 'Error', line: 'has no property x' }]])
  })
})

it('a revision is told by what came and went', () => {
  const all = [
    { revision: 3, digest: 'a', tasks: ['x'] },
    { revision: 2, digest: 'b', tasks: ['x', 'y'] },
    { revision: 1, digest: 'a', tasks: ['x'] },
  ]
  const notes = all.map((each, index) => revisionNote(each, all[index + 1] ?? null, all))
  expect(notes).toEqual(['the text of revision 1 again', '`y` added', 'first'])
})

it('bars are as high as runs were long', () => {
  expect(heights([{ started: 0, ended: 100 }, { started: 0, ended: 0 }, { started: 0, ended: null }, null])).toEqual([10, 3, 5, 5])
})

it('what answers best comes first, in its group', () => {
  const entry = (group: string, label: string, found = false): Entry => ({ id: label, group, label, found, run: () => undefined })
  const entries = [entry('This page', 'Replay'), entry('Pages', 'Runs'), entry('Flows', 'company.rides'), entry('Runs', 'other-1', true)]
  expect(ranked(entries, '').map((group) => group.name)).toEqual(['This page', 'Pages', 'Flows', 'Runs'])
  expect(ranked(entries, 'rides').map((group) => group.entries.map((each) => each.label))).toEqual([['company.rides'], ['other-1']])
  expect(ranked(entries, 'rep')[0]?.entries[0]?.at).toEqual([0, 1, 2])
})
