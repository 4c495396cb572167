import type { components } from '../api/schema'

export type Plan = components['schemas']['Plan']
export type Decision = components['schemas']['Decision']

/** What a plan does, counted; groups are not, for what is in them is. */
export interface Sums {
  run: number
  reuse: number
  pin: number
  check: number
  leave: number
  drop: number
  all: number
}

export function sumsOf(plan: Plan, groups: ReadonlySet<string>): Sums {
  const tasks = plan.decisions.filter((each) => isTask(each, groups))
  const of = (action: string) => tasks.filter((each) => each.action === action).length
  return {
    run: of('RUN'),
    reuse: of('REUSE'),
    pin: of('PIN'),
    check: of('CHECK'),
    leave: of('LEAVE'),
    drop: plan.dropped.length,
    all: tasks.length,
  }
}

const isTask = (each: Decision, groups: ReadonlySet<string>): boolean => each.action !== 'ENTER' && !groups.has(each.task)

/** Gives the time that what is kept took, and what runs took last time, in seconds. */
export function timesOf(plan: Plan, groups: ReadonlySet<string>): { saved: number; needed: number } {
  const sum = (actions: readonly string[]) =>
    plan.decisions
      .filter((each) => isTask(each, groups) && actions.includes(each.action))
      .reduce((total, each) => total + (each.estimate_s ?? 0), 0)
  return { saved: sum(['REUSE', 'PIN']), needed: sum(['RUN', 'CHECK']) }
}

/** Tells what is decided otherwise than before, by address: the action that it had, or nothing where it was not there. */
export function movedFrom(before: Plan, after: Plan): Map<string, string | null> {
  const was = new Map(before.decisions.map((each) => [each.address, each.action]))
  const moved = new Map<string, string | null>()
  for (const each of after.decisions) {
    const earlier = was.get(each.address) ?? null
    if (earlier !== each.action) moved.set(each.address, earlier)
  }
  return moved
}

/** Gives the words of the button that submits: what runs, of how many. */
export function actionWords(sums: Sums): string {
  const runs = sums.run + sums.check
  if (runs === 0 && sums.pin === 0) return 'Replay, run nothing'
  if (runs === sums.all) return `Replay all ${sums.all} ${sums.all === 1 ? 'task' : 'tasks'}`
  return `Replay ${runs} of ${sums.all} tasks`
}
