import type { components } from '../api/schema'
import type { Choices } from '../model/request'

export type Refusal = components['schemas']['Refused']

const INPUTS = new Set(['wrong-type', 'missing-input', 'unknown-input', 'unasked-input', 'circular-default'])

/** Tells where a refusal belongs: at the field that caused it, or in the row of the plan that it is about. */
export function placeOf(refusal: Refusal, choices: Choices): 'start' | 'skip' | 'inputs' | 'plan' {
  if (INPUTS.has(refusal.code) && refusal.address === null) return 'inputs'
  if (refusal.code === 'effects') return 'plan'
  if (refusal.address !== null && choices.mode === 'task' && choices.starts.includes(refusal.address)) return 'start'
  if (refusal.address !== null && choices.skip.includes(refusal.address)) return 'skip'
  if (refusal.code.startsWith('skip')) return 'skip'
  return refusal.address === null ? 'start' : 'plan'
}

export const belongsTo = (refusal: Refusal, field: 'start' | 'skip' | 'inputs', choices: Choices): boolean =>
  placeOf(refusal, choices) === field
