/** A moment in the life of a task run. */
export interface Passed {
  state: string
  at: number
  attempt: number | null
}

interface Told {
  created: string
  started: string | null
  ended: string | null
  state: string
  action: string
  reused_from: string | null
}

interface Tried {
  number: number
  state: string
  started: string
  ended: string | null
}

const at = (moment: string): number => Date.parse(moment) / 1000

/** Gives the states that a task run went through, with their times: decided, each attempt begun and ended, and how it ended. */
export function historyOf(task: Told, attempts: readonly Tried[]): Passed[] {
  const passed: Passed[] = task.reused_from === null ? [{ state: 'CREATED', at: at(task.created), attempt: null }] : []
  attempts.forEach((each, index) => {
    passed.push({ state: 'RUNNING', at: at(each.started), attempt: each.number })
    if (each.ended === null) return
    const another = index < attempts.length - 1
    passed.push({ state: each.state, at: at(each.ended), attempt: each.number })
    if (another) passed.push({ state: 'RETRYING', at: at(each.ended), attempt: null })
  })
  const last = passed.at(-1)
  if (attempts.length === 0 && task.started !== null) passed.push({ state: 'RUNNING', at: at(task.started), attempt: null })
  if (task.ended !== null && (last?.state !== task.state || attempts.length === 0)) passed.push({ state: task.state, at: at(task.ended), attempt: null })
  return passed
}
