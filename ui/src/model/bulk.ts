import type { components } from '../api/schema'
import { count, duration, many } from './format'
import { valueOf, type InputField } from './inputs'
import type { Look } from './looks'

export type BulkJob = components['schemas']['BulkReplay']
export type BulkRow = components['schemas']['BulkRow']
export type BulkWanted = components['schemas']['BulkWanted']
export type Preview = components['schemas']['BulkPreview']
export type RowState = BulkRow['state']
export type Counts = BulkJob['counts']

/** Where each replay begins. */
export type Begin = 'failed-task' | 'failed' | 'changed' | 'all' | 'task'
export type Per = 'second' | 'minute' | 'hour'

/** What the form of a bulk replay holds: what a person has chosen, and not yet a request. */
export interface BulkChoices {
  begin: Begin
  tasks: string[]
  skip: string[]
  /** `latest`, `original`, or a number. */
  revision: string
  inputs: [string, string][]
  effects: 'ask' | 'reuse'
  acknowledge: string[]
  fixedToo: boolean
  reason: string
  atOnce: string
  rate: string
  per: Per
  canary: string
  approve: boolean
  /** In per cent. */
  stopAbove: string
}

export const FIRST: BulkChoices = {
  begin: 'failed-task',
  tasks: [],
  skip: [],
  revision: 'latest',
  inputs: [],
  effects: 'ask',
  acknowledge: [],
  fixedToo: false,
  reason: '',
  atOnce: '10',
  rate: '',
  per: 'minute',
  canary: '3',
  approve: true,
  stopAbove: '10',
}

const SECONDS: Record<Per, number> = { second: 1, minute: 60, hour: 3600 }

/** Gives the number that a field holds; nothing where it is empty or holds none above zero. */
function numberOf(text: string): number | undefined {
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) && number > 0 ? number : undefined
}

/** Gives the request for what is chosen, on these runs. */
export function bulkBody(runs: readonly string[], choices: BulkChoices, fields: readonly InputField[] = []): BulkWanted {
  const rate = numberOf(choices.rate)
  const stop = numberOf(choices.stopAbove)
  const request = {
    revision: /^\d+$/.test(choices.revision) ? Number(choices.revision) : choices.revision,
    ...(choices.begin === 'task' && { start: choices.tasks }),
    ...(choices.begin === 'failed' && { skip_successful: true }),
    ...(choices.begin === 'changed' && { changed: true }),
    ...(choices.skip.length > 0 && { skip: choices.skip }),
    ...(choices.inputs.some(([name]) => name !== '') && { inputs: inputsOf(choices.inputs, fields) }),
    ...(choices.effects === 'reuse' && { effects: 'reuse' }),
    ...(choices.acknowledge.length > 0 && { acknowledge: choices.acknowledge }),
    ...(choices.reason.trim() !== '' && { reason: choices.reason.trim() }),
  }
  return {
    runs: [...runs],
    request,
    first_failed: choices.begin === 'failed-task',
    fixed_too: choices.fixedToo,
    pace: {
      at_once: Math.round(numberOf(choices.atOnce) ?? 10),
      rate: rate === undefined ? null : rate / SECONDS[choices.per],
      canary: Math.round(numberOf(choices.canary) ?? 0),
      approve: choices.approve,
      stop_above: stop === undefined ? null : stop / 100,
    },
  } as BulkWanted
}

function inputsOf(inputs: readonly [string, string][], fields: readonly InputField[]): Record<string, unknown> {
  return Object.fromEntries(
    inputs
      .filter(([name]) => name !== '')
      .map(([name, text]) => {
        const field = fields.find((each) => each.id === name)
        return [name, field ? valueOf(field, text) : text]
      }),
  )
}

/** Says what is asked of each replay. */
export function requestWords(request: Record<string, unknown>, firstFailed: boolean): string {
  const start = (request.start as string[] | undefined) ?? []
  const only = (request.only as string[] | undefined) ?? []
  const where = firstFailed
    ? 'from the failed task'
    : start.length > 0
      ? `from ${start.join(', ')}`
      : only.length > 0
        ? `only ${only.join(', ')}`
        : request.skip_successful
          ? 'what failed'
          : request.changed
            ? 'what changed'
            : 'everything'
  const revision = request.revision === 'latest' ? 'latest revision' : request.revision === 'original' || request.revision === undefined ? 'the revision of each' : `revision ${String(request.revision)}`
  return `${where}, ${revision}`
}

/** Says how fast it goes. */
export function paceWords(pace: BulkJob['pace']): string {
  return `${count(pace.at_once)} at once${pace.rate === null ? '' : `, ${rateWords(pace.rate)}`}`
}

/** Says how many a second, in the unit in which it is a number that reads well. */
export function rateWords(perSecond: number): string {
  const [number, unit] = perSecond >= 1 ? [perSecond, 'second'] : perSecond * 60 >= 1 ? [perSecond * 60, 'minute'] : [perSecond * 3600, 'hour']
  return `${Number(number.toPrecision(3))} a ${unit}`
}

/** What stands for the state of a job. */
export const JOB: Record<BulkJob['state'], { look: Look; word: string }> = {
  RUNNING: { look: 'running', word: 'Running' },
  WAITING: { look: 'paused', word: 'Waits for you' },
  PAUSED: { look: 'paused', word: 'Paused' },
  STOPPED: { look: 'failed', word: 'Stopped by itself' },
  ABORTED: { look: 'killed', word: 'Aborted' },
  DONE: { look: 'success', word: 'Done' },
}

/** What has become of runs, in the order in which it is told; `key` counts them. */
export const RESULTS: readonly { state: RowState; key: keyof Counts; look: Look; word: string }[] = [
  { state: 'FAILED', key: 'failed', look: 'failed', word: 'Failed again' },
  { state: 'RUNNING', key: 'running', look: 'running', word: 'Running' },
  { state: 'PAUSED', key: 'paused', look: 'paused', word: 'Paused' },
  { state: 'REFUSED', key: 'refused', look: 'skipped', word: 'Refused' },
  { state: 'SKIPPED', key: 'skipped', look: 'skipped', word: 'Left out' },
  { state: 'SUCCEEDED', key: 'succeeded', look: 'success', word: 'Success' },
  { state: 'WAITING', key: 'waiting', look: 'queued', word: 'Waiting' },
]

export const jobEnded = (job: BulkJob): boolean => job.state === 'DONE' || job.state === 'ABORTED'

/** Whether something may still move: what is under way when a job ends goes on. */
export const jobMoves = (job: BulkJob): boolean => job.state === 'RUNNING' || job.counts.running + job.counts.paused > 0

/** How many runs have had their turn to the end. */
export const doneOf = (counts: Counts): number => counts.succeeded + counts.failed + counts.refused + counts.skipped

/** How many replays have ended a minute, so far; nothing before it can be told. */
export function speedOf(job: BulkJob, now: number): number | null {
  if (job.started === null) return null
  const until = job.ended === null ? now : Date.parse(job.ended)
  const minutes = (until - Date.parse(job.started)) / 60_000
  const ended = job.counts.succeeded + job.counts.failed
  return minutes > 0.05 && ended > 0 ? ended / minutes : null
}

/** Says when it ends at the speed that it has had. */
export function restWords(job: BulkJob, now: number): string | null {
  const speed = speedOf(job, now)
  const left = job.counts.waiting + job.counts.running
  if (job.state !== 'RUNNING' || speed === null || left === 0) return null
  return `in about ${duration((60 * left) / speed)}`
}

/** Says how the canaries did: those of the first so many runs that were replayed. */
export function canaryWords(rows: readonly BulkRow[]): string {
  const went = rows.filter((row) => row.state === 'SUCCEEDED').length
  const ended = rows.filter((row) => row.state === 'SUCCEEDED' || row.state === 'FAILED').length
  return ended < rows.length ? `${count(ended)} of ${many(rows.length, 'run')} ended` : `${count(went)} of ${count(rows.length)} succeeded`
}

/** Gives the results as a table that other programs read. */
export function asCsv(rows: readonly BulkRow[]): string {
  const lines = rows.map((row) => [row.origin.name, row.replay?.name ?? '', row.state, row.replay?.state ?? '', row.why ?? '', row.at ?? ''])
  return [['origin', 'replay', 'result', 'state', 'why', 'at'], ...lines].map((line) => line.map(quoted).join(',')).join('\n') + '\n'
}

/** A text that a program for tables would take for a formula is a text there too. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
