import { Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState, type ReactNode } from 'react'
import { flowsQuery } from '../api/queries'
import { AGES, chipsOf, FIELDS, timesOf, withField, without, type Chip, type Field, type Filters } from '../model/filters'
import { wordOfState } from '../model/looks'
import { Icon } from '../parts/marks'
import { useDebounced } from '../replay/useDebounced'

interface Props {
  filters: Filters
  set: (next: Filters) => void
  children: ReactNode
}

const OFFERED = ['RUNNING', 'QUEUED', 'PAUSED', 'SUCCESS', 'WARNING', 'FAILED', 'KILLED']

/** What is being written: a new filter, or another value of one that is set. */
interface Draft {
  field: Field
  chip?: Chip
}

/** The filters of a list as chips; all of them stand in the address. */
export function FilterBar({ filters, set, children }: Props) {
  const [draft, setDraft] = useState<Draft | null>(null)
  const chips = chipsOf(filters)
  const done = (next: Filters) => {
    setDraft(null)
    set(next)
  }
  return (
    <div className="toolbar filters">
      <Search filters={filters} set={set} last={chips[chips.length - 1]} />
      {chips.map((chip) => (
        <span key={chip.label + chip.value} className="chip">
          {chip.field ? (
            <button type="button" className="chip-edit" title={`Change ${chip.label}`} onClick={() => setDraft({ field: chip.field as Field, chip })}>
              {chip.label} <b>{chip.value}</b>
            </button>
          ) : (
            <span>
              {chip.label} <b>{chip.value}</b>
            </span>
          )}
          <button type="button" className="chip-x" aria-label={`Remove filter ${chip.label}`} onClick={() => set(chip.rest)}>
            <Icon name="x" size={13} />
          </button>
        </span>
      ))}
      {draft && <Writing key={draft.field + (draft.chip?.value ?? '')} draft={draft} filters={filters} set={done} cancel={() => setDraft(null)} />}
      <FilterMenu filters={filters} set={set} write={(field) => setDraft({ field })} />
      <span className="grow" />
      {children}
    </div>
  )
}

function Search({ filters, set, last }: Pick<Props, 'filters' | 'set'> & { last: Chip | undefined }) {
  const [text, setText] = useState(filters.text ?? '')
  const settled = useDebounced(text, 250)
  useEffect(() => {
    if (settled.trim() !== (filters.text ?? '')) set(settled.trim() === '' ? without(filters, 'text') : { ...filters, text: settled.trim() })
    // only what was typed moves the address
  }, [settled]) // eslint-disable-line
  return (
    <label className="field search-field">
      <Icon name="search" size={14} />
      <input
        data-search
        aria-label="Search in names, reasons, errors, labels and inputs"
        placeholder="Name, label or error text"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Backspace' && text === '' && last) set(last.rest)
        }}
      />
    </label>
  )
}

function FilterMenu({ filters, set, write }: Pick<Props, 'filters' | 'set'> & { write: (field: Field) => void }) {
  const also = (more: Filters) => set({ ...filters, ...more })
  return (
    <Menu position="bottom-start" width="auto" returnFocus={false}>
      <Menu.Target>
        <button type="button" className="chip add">
          <Icon name="plus" size={13} />
          Filter
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="filter-menu">
          <div>
            <Menu.Label>State</Menu.Label>
            {OFFERED.map((state) => (
              <Menu.Item key={state} onClick={() => also({ state: [...new Set([...(filters.state ?? []), state])] })}>
                {wordOfState(state)}
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => also({ fixed: false })}>Not fixed yet</Menu.Item>
            <Menu.Item onClick={() => also({ fixed: true })}>Fixed by a replay</Menu.Item>
          </div>
          <div>
            <Menu.Label>Made</Menu.Label>
            {AGES.map(([since, word]) => (
              <Menu.Item key={since} onClick={() => set({ ...without(filters, 'until'), since })}>
                {word}
              </Menu.Item>
            ))}
            {(['made', 'begun', 'ended'] as const).map((field) => (
              <Menu.Item key={field} onClick={() => write(field)}>
                {FIELDS[field].word} between
              </Menu.Item>
            ))}
          </div>
          <div>
            <Menu.Label>By</Menu.Label>
            {(['namespace', 'flow', 'revision', 'failed_task', 'label', 'author'] as const).map((field) => (
              <Menu.Item key={field} onClick={() => write(field)}>
                {FIELDS[field].word}
              </Menu.Item>
            ))}
          </div>
          <div>
            <Menu.Label>Lineage</Menu.Label>
            {(['origin', 'root'] as const).map((field) => (
              <Menu.Item key={field} onClick={() => write(field)}>
                {FIELDS[field].word}
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => also({ replayed: true })}>Replayed</Menu.Item>
            <Menu.Item onClick={() => also({ replayed: false })}>Not replayed yet</Menu.Item>
            <Menu.Item onClick={() => also({ top: true })}>Without subflow runs</Menu.Item>
            <Menu.Item onClick={() => also({ whole: true })}>Whole runs only</Menu.Item>
          </div>
        </div>
      </Menu.Dropdown>
    </Menu>
  )
}

interface WritingProps {
  draft: Draft
  filters: Filters
  set: (next: Filters) => void
  cancel: () => void
}

/** A filter while it is written: Enter sets it, Escape leaves things as they are. */
function Writing({ draft, filters, set, cancel }: WritingProps) {
  const times = timesOf(draft.field)
  const word = FIELDS[draft.field].word
  const from = times ? String(filters[times[0]] ?? '') : ''
  const [text, setText] = useState(times ? localOf(from) : (draft.chip?.text ?? ''))
  const [to, setTo] = useState(times ? localOf(String(filters[times[1]] ?? '')) : '')
  const list = useId()
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (!times) return set(withField(filters, draft.field, text, draft.chip?.text))
    const moments = { [times[0]]: instantOf(text), [times[1]]: instantOf(to) }
    set(Object.fromEntries(Object.entries({ ...filters, ...moments }).filter(([, value]) => value !== undefined)))
  }
  return (
    <form
      className="chip writing"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') cancel()
      }}
    >
      <label htmlFor={`${list}-from`}>{word}</label>
      {times ? (
        <>
          <input id={`${list}-from`} type="datetime-local" autoFocus aria-label={`${word} from`} value={text} onChange={(event) => setText(event.target.value)} />
          to
          <input type="datetime-local" aria-label={`${word} before`} value={to} onChange={(event) => setTo(event.target.value)} />
        </>
      ) : (
        <>
          <input id={`${list}-from`} autoFocus list={list} placeholder={FIELDS[draft.field].hint} value={text} onChange={(event) => setText(event.target.value)} />
          <Known id={list} field={draft.field} />
        </>
      )}
      <button type="submit" className="chip-x" aria-label={`Set filter ${word}`}>
        <Icon name="check" size={13} />
      </button>
      <button type="button" className="chip-x" aria-label="Cancel" onClick={cancel}>
        <Icon name="x" size={13} />
      </button>
    </form>
  )
}

/** What may be meant, as far as it is known. */
function Known({ id, field }: { id: string; field: Field }) {
  const flows = useQuery({ ...flowsQuery, enabled: field === 'flow' || field === 'namespace' }).data ?? []
  const known = field === 'flow' ? flows.map((flow) => `${flow.namespace}.${flow.id}`) : field === 'namespace' ? [...new Set(flows.map((flow) => flow.namespace))] : []
  return (
    <datalist id={id}>
      {known.map((each) => (
        <option key={each} value={each} />
      ))}
    </datalist>
  )
}

/** A moment as a field for times has it, in the reader's zone. */
function localOf(text: string): string {
  const at = new Date(text)
  if (text === '' || Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const instantOf = (local: string): string | undefined => (local === '' ? undefined : new Date(local).toISOString())
