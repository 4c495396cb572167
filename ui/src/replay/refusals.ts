import type { components } from '../api/schema'
import type { Choices } from '../model/request'

export type Refusal = components['schemas']['Refused']
export type Place = 'start' | 'skip' | 'inputs' | 'overrides' | 'breakpoints' | 'plan'

const INPUTS = new Set(['wrong-type', 'missing-input', 'unknown-input', 'unasked-input', 'circular-default'])
const OVERRIDES = new Set(['unknown-property', 'unknown-input', 'wrong-type', 'does-not-run', 'override-kept', 'override-left-out', 'bad-pin', 'pin-of-group', 'pin-lacks-output', 'keep-without-result'])

/** Tells where a refusal belongs: at the field that caused it, or in the row of the plan that it is about. */
export function placeOf(refusal: Refusal, choices: Choices): Place {
  const { address, code } = refusal
  if (address === null) return INPUTS.has(code) ? 'inputs' : 'start'
  if (code === 'effects') return 'plan'
  if (code === 'breakpoint-not-run' && choices.breakpoints.includes(address)) return 'breakpoints'
  if (OVERRIDES.has(code) && isGiven(address, choices)) return 'overrides'
  if (choices.mode === 'task' && choices.starts.includes(address)) return 'start'
  if (choices.skip.includes(address)) return 'skip'
  if (choices.until.includes(address)) return 'skip'
  if (isGiven(address, choices)) return 'overrides'
  if (choices.breakpoints.includes(address)) return 'breakpoints'
  return code.startsWith('skip') ? 'skip' : 'plan'
}

const isGiven = (address: string, choices: Choices): boolean => address in choices.pins || address in choices.taskInputs

export const belongsTo = (refusal: Refusal, field: Exclude<Place, 'plan'>, choices: Choices): boolean => placeOf(refusal, choices) === field

/** Whether a refusal can only be of something that was given and has just been taken away: a new plan is on its way. */
export const passes = (refusal: Refusal, drawing: boolean): boolean => drawing && (OVERRIDES.has(refusal.code) || refusal.code === 'breakpoint-not-run')
