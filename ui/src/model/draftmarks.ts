import type { WrittenTask } from './flowtext'
import type { GraphMark } from './graphmarks'
import type { TextProblem } from './problem'

/** Gives where a line begins. */
function offsetOf(text: string, line: number): number {
  let at = 0
  for (let number = 1; number < line; number += 1) {
    const next = text.indexOf('\n', at)
    if (next < 0) return text.length
    at = next + 1
  }
  return at
}

/** Gives the innermost task that a line belongs to. */
export function taskAtLine(text: string, tasks: readonly WrittenTask[], line: number): WrittenTask | null {
  const from = offsetOf(text, line)
  const next = text.indexOf('\n', from)
  const to = next < 0 ? text.length : next
  // where several stand in one line it is the last one
  return tasks.filter((task) => task.from <= to && task.to >= from).at(-1) ?? null
}

/** Marks the tasks of a draft in which something is wrong, with what it is. */
export function errorMarks(problems: readonly TextProblem[], text: string, tasks: readonly WrittenTask[]): Map<string, GraphMark> {
  const marks = new Map<string, GraphMark>()
  for (const problem of problems) {
    if (problem.line === null || problem.severity === 'note') continue
    const task = taskAtLine(text, tasks, problem.line)
    if (task === null || marks.get(task.id)?.look === 'failed') continue
    const wrong = problem.severity === 'error'
    marks.set(task.id, { look: wrong ? 'failed' : 'warning', word: wrong ? 'Error' : 'Warning', line: short(problem.message) })
  }
  return marks
}

/** A message without what its place tells already: the task, and what may be meant. */
const short = (message: string): string =>
  (message.split('; did you mean')[0] ?? '')
    .replace(/^(the type of )?task `[^`]*` /, '')
    .replaceAll('`', '')
