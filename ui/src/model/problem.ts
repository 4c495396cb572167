/** What the server finds wrong with a text. */
export interface TextProblem {
  message: string
  severity: string
  line: number | null
  column: number | null
  closest: readonly string[]
}

export interface Found {
  from: number
  to: number
  severity: 'error' | 'warning' | 'info'
  /** The wrong name, and where it stands, if another one may stand there. */
  fix: { from: number; to: number; names: readonly string[] } | null
}

/** Gives where a problem stands in a text: the word at its place, to the end of the line where there is none. */
export function placeOfProblem(text: string, problem: TextProblem): Found {
  const lines = text.split('\n')
  const number = Math.min(lines.length, Math.max(1, problem.line ?? 1))
  const begins = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0)
  const line = lines[number - 1] ?? ''
  const at = Math.min(line.length, Math.max(0, (problem.column ?? 1) - 1))
  const severity = problem.severity === 'error' ? 'error' : problem.severity === 'warning' ? 'warning' : 'info'
  const wrong = wrongName(problem)
  const named = wrong === null ? -1 : line.indexOf(wrong, at)
  if (wrong !== null && named >= 0) {
    const range = { from: begins + named, to: begins + named + wrong.length }
    return { ...range, severity, fix: problem.closest.length > 0 ? { ...range, names: problem.closest } : null }
  }
  const word = /^[\w.$-]+/.exec(line.slice(at))?.[0].length ?? 0
  const to = word > 0 ? at + word : line.trimEnd().length
  return { from: begins + Math.min(at, to), to: begins + to, severity, fix: null }
}

/** The name that a message speaks of last before it proposes another. */
function wrongName(problem: TextProblem): string | null {
  const said = problem.message.split(/; did you mean/)[0] ?? ''
  const names = [...said.matchAll(/`([^`]+)`/g)].map((each) => each[1] ?? '')
  return problem.message.includes('did you mean') ? (names.at(-1) ?? null) : null
}
