import type { components } from '../api/schema'

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
  acknowledge: string[]
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
  for (const each of request.acknowledge ?? []) words.push('--acknowledge', quoted(each))
  if (request.fresh_clock) words.push('--fresh-clock')
  if (request.reason) words.push('--reason', quoted(request.reason))
  return words.join(' ')
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Quotes a word for a shell, where it has to be. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** Writes a request as Python that asks for the same. */
export function asPython(request: Sent, name: string, url: string): string {
  const fields: Record<string, unknown> = { ...request, origin: name }
  const parts = Object.entries(fields).map(([field, value]) => {
    const tuple = Array.isArray(value)
    return `${field}=${tuple ? tupleOf(value) : literal(value)}`
  })
  return [
    'from dalsegno import Client, ReplayRequest',
    '',
    `with Client(url=${JSON.stringify(url)}) as client:`,
    `    run = client.start_replay(ReplayRequest(${parts.join(', ')}))`,
    '    client.execute(run.id)',
    '',
  ].join('\n')
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
