import type { components } from '../api/schema'
import { isExpression, jsonOrText, keepsOrigin, type Given } from './given'

export type Asked = components['schemas']['Asked']

/** What is to run again. */
export type Mode = 'task' | 'failed' | 'changed' | 'all'

/** What the sheet holds: what a person has chosen, and not yet a request. */
export interface Choices {
  mode: Mode
  starts: string[]
  /** With `task`: nothing downstream of the starts. */
  alone: boolean
  until: string[]
  skip: string[]
  revision: number
  inputs: Record<string, unknown>
  /** By address and property, other values for what runs. */
  taskInputs: Record<string, Record<string, Given>>
  /** By address, results that are given. */
  pins: Record<string, unknown>
  /** Before which tasks the run stops. */
  breakpoints: string[]
  acknowledge: string[]
  /** Whether results are kept whose making was seen outside. */
  keepEffects: boolean
  freshClock: boolean
  reason: string
}

/** Gives the fields of the request that differ from what they are by default. */
export function requestOf(origin: string, choices: Choices): Partial<Asked> & { origin: string; revision: number } {
  const named = choices.mode === 'task' ? choices.starts : []
  return {
    origin,
    revision: choices.revision,
    ...(named.length > 0 && (choices.alone ? { only: named } : { start: named })),
    ...(choices.mode === 'failed' && { skip_successful: true }),
    ...(choices.mode === 'changed' && { changed: true }),
    ...(choices.until.length > 0 && !(choices.mode === 'task' && choices.alone) && { until: choices.until }),
    ...(choices.skip.length > 0 && { skip: choices.skip }),
    ...(Object.keys(choices.inputs).length > 0 && { inputs: choices.inputs }),
    ...(Object.keys(choices.taskInputs).length > 0 && { task_inputs: choices.taskInputs }),
    ...(Object.keys(choices.pins).length > 0 && { outputs: choices.pins }),
    ...(choices.breakpoints.length > 0 && { breakpoints: choices.breakpoints }),
    ...(choices.keepEffects && { effects: 'reuse' as const }),
    ...(choices.acknowledge.length > 0 && { acknowledge: choices.acknowledge }),
    ...(choices.freshClock && { fresh_clock: true }),
    ...(choices.reason.trim() !== '' && { reason: choices.reason.trim() }),
  }
}

type Sent = ReturnType<typeof requestOf>

const LISTS: readonly [keyof Sent, string][] = [
  ['start', '--from'],
  ['only', '--only'],
  ['until', '--until'],
  ['skip', '--skip'],
]

/** Writes a request as the command that asks for the same. */
export function asCommand(request: Sent, name: string): string {
  const words = ['dalsegno', 'replay', quoted(name)]
  for (const [field, option] of LISTS) {
    for (const each of (request[field] as string[] | undefined) ?? []) words.push(option, quoted(each))
  }
  if (request.skip_successful) words.push('--skip-successful')
  if (request.changed) words.push('--changed')
  words.push('--revision', String(request.revision))
  for (const [input, value] of Object.entries(request.inputs ?? {})) words.push('-i', quoted(`${input}=${plain(value)}`))
  words.push(...givenWords(request))
  for (const each of request.breakpoints ?? []) words.push('--break-before', quoted(each))
  if (request.effects) words.push('--effects', request.effects)
  for (const each of request.acknowledge ?? []) words.push('--acknowledge', quoted(each))
  if (request.fresh_clock) words.push('--fresh-clock')
  if (request.reason) words.push('--reason', quoted(request.reason))
  return words.join(' ')
}

function givenWords(request: Sent): string[] {
  const values = Object.entries(request.task_inputs ?? {}).flatMap(([address, inner]) =>
    Object.entries(inner).map(([name, given]) => [`${address}.${name}`, given as Given] as const),
  )
  const inputs = values.flatMap(([name, given]) =>
    isExpression(given) ? ['--task-input-expr', quoted(`${name}=${given.expr}`)] : ['--task-input', quoted(`${name}=${asJsonOrText(given.value)}`)],
  )
  const pins = Object.entries(request.outputs ?? {}).flatMap(([address, pin]) =>
    keepsOrigin(pin) ? ['--keep', quoted(address)] : ['--pin', quoted(`${address}=${asJsonOrText(pin)}`)],
  )
  return [...inputs, ...pins]
}

/** A text stands as it is unless it would be read as JSON. */
const asJsonOrText = (value: unknown): string => (typeof value === 'string' && jsonOrText(value) === value ? value : JSON.stringify(value))

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Quotes a word for a shell, where it has to be. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** Writes a request as Python that asks for the same. */
export function asPython(request: Sent, name: string, url: string): string {
  const fields: Record<string, unknown> = { ...request, origin: name }
  const parts = Object.entries(fields).map(([field, value]) => {
    const tuple = Array.isArray(value)
    return `${field}=${tuple ? tupleOf(value) : (GIVEN[field]?.(value as Record<string, unknown>) ?? literal(value))}`
  })
  const text = parts.join(', ')
  const names = ['Client', 'ReplayRequest', ...(text.includes('Expression(') ? ['Expression'] : []), ...(/: ORIGIN\b/.test(text) ? ['ORIGIN'] : [])]
  return [
    `from dalsegno import ${names.sort().join(', ')}`,
    '',
    `with Client(url=${JSON.stringify(url)}) as client:`,
    `    run = client.start_replay(ReplayRequest(${text}))`,
    '    client.execute(run.id)',
    '',
  ].join('\n')
}

const mapOf = (values: Record<string, unknown>, write: (value: unknown) => string): string =>
  `{${Object.entries(values).map(([name, value]) => `${JSON.stringify(name)}: ${write(value)}`).join(', ')}}`

/** What is written otherwise than the JSON of it. */
const GIVEN: Record<string, ((values: Record<string, unknown>) => string) | undefined> = {
  task_inputs: (values) =>
    mapOf(values, (inner) =>
      mapOf(inner as Record<string, unknown>, (given) => (isExpression(given as Given) ? `Expression(${literal((given as { expr: string }).expr)})` : literal((given as { value: unknown }).value))),
    ),
  outputs: (values) => mapOf(values, (pin) => (keepsOrigin(pin) ? 'ORIGIN' : literal(pin))),
}

const tupleOf = (values: readonly unknown[]): string => `(${values.map(literal).join(', ')}${values.length === 1 ? ',' : ''})`

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object') {
    return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner)}`).join(', ')}}`
  }
  return JSON.stringify(value)
}

/** Writes a request as the body of `POST /api/v1/runs/replay`. */
export const asJson = (request: Sent): string => JSON.stringify({ request }, null, 2)
