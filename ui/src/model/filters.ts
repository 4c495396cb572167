import { STATES, wordOfState } from './looks'

/** What the list of runs is narrowed to, as its address has it: the names are those of the API. */
export interface Filters {
  state?: string[]
  namespace?: string
  flow?: string
  revision?: number
  text?: string
  label?: string[]
  failed_task?: string
  author?: string
  origin?: string
  root?: string
  replayed?: boolean
  fixed?: boolean
  top?: boolean
  whole?: boolean
  since?: string
  until?: string
  started_since?: string
  started_until?: string
  ended_since?: string
  ended_until?: string
}

/** What the address of the list says: its filters, and whether replays stand by themselves. */
export interface RunsSearch extends Filters {
  flat?: boolean
}

const TEXTS = ['namespace', 'flow', 'text', 'failed_task', 'author', 'origin', 'root', 'since', 'until', 'started_since', 'started_until', 'ended_since', 'ended_until'] as const
const SWITCHES = ['replayed', 'fixed', 'top', 'whole'] as const

/** Reads the filters of an address; what is none is left out. */
export function filtersOf(search: Record<string, unknown>): Filters {
  const states = listOf(search.state).map((each) => each.toUpperCase()).filter((each) => STATES.includes(each))
  const labels = listOf(search.label)
  const revision = Number(search.revision)
  const found: Record<string, unknown> = {
    ...(states.length > 0 && { state: states }),
    ...(labels.length > 0 && { label: labels }),
    ...(Number.isInteger(revision) && revision > 0 && { revision }),
  }
  for (const name of TEXTS) {
    const value = search[name]
    if (value !== undefined && value !== null && value !== '') found[name] = String(value)
  }
  for (const name of SWITCHES) {
    const value = search[name]
    if (value === true || value === 'true') found[name] = true
    else if (value === false || value === 'false') found[name] = false
  }
  return found as Filters
}

export const runsSearchOf = (search: Record<string, unknown>): RunsSearch => ({
  ...filtersOf(search),
  ...((search.flat === true || search.flat === 'true') && { flat: true }),
})

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : value === undefined || value === '' ? [] : [String(value)])

/** What a person can narrow a list by that is written: one field, or two times. */
export type Field = 'namespace' | 'flow' | 'revision' | 'label' | 'failed_task' | 'author' | 'origin' | 'root' | 'made' | 'begun' | 'ended'

export const FIELDS: Record<Field, { word: string; hint: string }> = {
  namespace: { word: 'Namespace', hint: 'company.team' },
  flow: { word: 'Flow', hint: 'company.team.flow' },
  revision: { word: 'Revision', hint: 'number, of a flow' },
  label: { word: 'Label', hint: 'name=value' },
  failed_task: { word: 'Failed task', hint: 'id of a task' },
  author: { word: 'Started by', hint: 'name' },
  origin: { word: 'Replay of', hint: 'run' },
  root: { word: 'Lineage of', hint: 'run' },
  made: { word: 'Made', hint: '' },
  begun: { word: 'Begun', hint: '' },
  ended: { word: 'Ended', hint: '' },
}

const TIMES = { made: ['since', 'until'], begun: ['started_since', 'started_until'], ended: ['ended_since', 'ended_until'] } as const

/** The filters that a time is written to: from, and before. */
export const timesOf = (field: Field): readonly [keyof Filters, keyof Filters] | null => (field in TIMES ? TIMES[field as keyof typeof TIMES] : null)

export const AGES: readonly [string, string][] = [
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
]

/** A filter that is set, as a chip says it. */
export interface Chip {
  label: string
  value: string
  /** What is left without it. */
  rest: Filters
  /** What its value is written in, where it is. */
  field?: Field
  /** What stands in the field. */
  text?: string
}

/** Gives the filters without some. */
export const without = (filters: Filters, ...names: (keyof Filters)[]): Filters =>
  Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name as keyof Filters)))

/** Gives what a list is narrowed to, one chip for each. What is searched stands in its own field. */
export function chipsOf(filters: Filters): Chip[] {
  const chips: Chip[] = []
  const rest = (...names: (keyof Filters)[]) => without(filters, ...names)
  if (filters.state) chips.push({ label: 'State', value: filters.state.map(wordOfState).join(' or '), rest: rest('state') })
  chips.push(...switchesOf(filters))
  for (const field of ['namespace', 'flow', 'revision', 'failed_task', 'author', 'origin', 'root'] as const) {
    const value = filters[field]
    if (value !== undefined) chips.push({ label: FIELDS[field].word, value: shortId(String(value)), rest: rest(field), field, text: String(value) })
  }
  for (const each of filters.label ?? []) {
    const others = filters.label?.filter((label) => label !== each) ?? []
    chips.push({ label: 'Label', value: each, rest: others.length > 0 ? { ...rest('label'), label: others } : rest('label'), field: 'label', text: each })
  }
  for (const field of ['made', 'begun', 'ended'] as const) {
    const [from, to] = TIMES[field]
    const value = timeWords(filters[from], filters[to])
    if (value) chips.push({ label: FIELDS[field].word, value, rest: rest(from, to), field })
  }
  return chips
}

function switchesOf(filters: Filters): Chip[] {
  const chips: Chip[] = []
  const add = (name: keyof Filters, label: string, value: string) => chips.push({ label, value, rest: without(filters, name) })
  if (filters.fixed !== undefined) add('fixed', 'Fixed', filters.fixed ? 'yes' : 'not yet')
  if (filters.replayed !== undefined) add('replayed', 'Replayed', filters.replayed ? 'yes' : 'not yet')
  if (filters.top) add('top', 'Subflow runs', 'left out')
  if (filters.whole) add('whole', 'Whole runs', 'only')
  return chips
}

/** An id is too long for a chip. */
const shortId = (text: string): string => (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text) ? text.slice(0, 8) : text)

function timeWords(from: string | undefined, to: string | undefined): string {
  const age = AGES.find(([since]) => since === from)
  if (to === undefined) return from === undefined ? '' : (age?.[1] ?? `since ${minute(from)}`)
  return from === undefined ? `before ${minute(to)}` : `${minute(from)} to ${minute(to)}`
}

const minute = (text: string): string => (/^\d+[smhdw]$/.test(text) ? `${text} ago` : text.replace('T', ' ').replace(/:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/, ''))

/** Sets what was written into a field; nothing takes the filter away. */
export function withField(filters: Filters, field: Field, text: string, before?: string): Filters {
  const value = text.trim()
  if (field === 'label') {
    const labels = (filters.label ?? []).filter((each) => each !== before && each !== value)
    const all = value === '' ? labels : [...labels, value]
    return all.length > 0 ? { ...filters, label: all } : without(filters, 'label')
  }
  if (field === 'revision') return Number.isInteger(Number(value)) && Number(value) > 0 ? { ...filters, revision: Number(value) } : without(filters, 'revision')
  return value === '' ? without(filters, field as keyof Filters) : { ...filters, [field]: value }
}

/** Whether a list is narrowed at all. */
export const isNarrow = (filters: Filters): boolean => Object.keys(filters).length > 0
