import type { Given } from './given'
import type { Choices, Mode } from './request'

/** How long what is chosen may be at most to stand in an address. */
const LONGEST = 6000

const MODES: readonly Mode[] = ['task', 'failed', 'changed', 'all']

/** Gives what was chosen otherwise than the sheet begins with, as it stands in the address; nothing where that would be too long. */
export function askText(choices: Choices, first: Choices): string | undefined {
  const differs = Object.entries(choices).filter(([name, value]) => name !== 'starts' && JSON.stringify(value) !== JSON.stringify(first[name as keyof Choices]))
  if (differs.length === 0) return undefined
  const text = JSON.stringify(Object.fromEntries(differs))
  return text.length > LONGEST ? undefined : text
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')
const isGiven = (value: unknown): value is Given => isMap(value) && ('value' in value || typeof value.expr === 'string')

const READS: { [Name in keyof Choices]?: (value: unknown) => boolean } = {
  mode: (value) => MODES.includes(value as Mode),
  alone: (value) => typeof value === 'boolean',
  until: isNames,
  skip: isNames,
  revision: (value) => Number.isInteger(value) && Number(value) > 0,
  inputs: isMap,
  taskInputs: (value) => isMap(value) && Object.values(value).every((inner) => isMap(inner) && Object.values(inner).every(isGiven)),
  pins: isMap,
  breakpoints: isNames,
  acknowledge: isNames,
  keepEffects: (value) => typeof value === 'boolean',
  freshClock: (value) => typeof value === 'boolean',
  reason: (value) => typeof value === 'string',
}

/** Reads what stands in an address; what is not meant so is left as the sheet begins. */
export function askedBy(text: string | undefined, first: Choices): Choices {
  const found = parsed(text)
  const read = Object.entries(found).filter(([name, value]) => READS[name as keyof Choices]?.(value))
  return { ...first, ...(Object.fromEntries(read) as Partial<Choices>) }
}

function parsed(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  try {
    const found: unknown = JSON.parse(text)
    return isMap(found) ? found : {}
  } catch {
    return {}
  }
}

/** Chooses a task to start from, or no more where it was chosen; what is chosen inside it goes with it. */
export function toggledStart(choices: Choices, task: string, taskOf: (address: string) => string): Partial<Choices> {
  if (choices.mode !== 'task') return { mode: 'task', starts: [task] }
  const chosen = choices.starts.some((each) => taskOf(each) === task)
  return { starts: chosen ? choices.starts.filter((each) => taskOf(each) !== task) : [...choices.starts, task] }
}
