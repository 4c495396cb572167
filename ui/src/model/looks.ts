/** How a state or a decision looks: its mark, its colours and its word. */
export type Look =
  | 'success'
  | 'failed'
  | 'running'
  | 'warning'
  | 'reused'
  | 'pinned'
  | 'skipped'
  | 'killed'
  | 'paused'
  | 'queued'
  | 'run'
  | 'drop'

const OF_STATE: Record<string, Look> = {
  CREATED: 'queued',
  QUEUED: 'queued',
  RUNNING: 'running',
  RETRYING: 'running',
  PAUSED: 'paused',
  SUCCESS: 'success',
  WARNING: 'warning',
  FAILED: 'failed',
  KILLED: 'killed',
  SKIPPED: 'skipped',
}
const OF_ACTION: Record<string, Look> = {
  RUN: 'run',
  REUSE: 'reused',
  PIN: 'pinned',
  ENTER: 'queued',
  CHECK: 'queued',
  LEAVE: 'skipped',
}
const WORDS: Record<Look, string> = {
  success: 'Success',
  failed: 'Failed',
  running: 'Running',
  warning: 'Warning',
  reused: 'Reused',
  pinned: 'Pinned',
  skipped: 'Skipped',
  killed: 'Killed',
  paused: 'Paused',
  queued: 'Queued',
  run: 'Run',
  drop: 'Drop',
}
/** The states in which nothing happens any more. */
const ENDED = new Set(['SUCCESS', 'WARNING', 'FAILED', 'KILLED', 'SKIPPED'])

export const STATES = ['CREATED', 'QUEUED', 'RUNNING', 'PAUSED', 'RETRYING', 'SUCCESS', 'WARNING', 'FAILED', 'KILLED', 'SKIPPED']

/** Gives the look of a task run: what was kept or given looks so, whatever state its result has. */
export function lookOf(state: string, action = 'RUN'): Look {
  if (action === 'REUSE') return 'reused'
  if (action === 'PIN') return 'pinned'
  return OF_STATE[state] ?? 'queued'
}

export const lookOfAction = (action: string): Look => OF_ACTION[action] ?? 'queued'

export const wordOf = (look: Look): string => WORDS[look]

/** Gives the word of a state, in small letters but for the first. */
export const wordOfState = (state: string): string => state.charAt(0) + state.slice(1).toLowerCase()

export const hasEnded = (state: string): boolean => ENDED.has(state)

/** Gives the word of a decision of a plan. */
export const wordOfAction = (action: string): string => wordOfState(action)
