import { Menu } from '@mantine/core'
import { useEffect, useState, type ReactNode } from 'react'
import type { Filters } from '../model/filters'
import { wordOfState } from '../model/looks'
import { Icon } from '../parts/marks'
import { useDebounced } from '../replay/useDebounced'

interface Props {
  filters: Filters
  set: (next: Filters) => void
  children: ReactNode
}

const OFFERED = ['RUNNING', 'QUEUED', 'PAUSED', 'SUCCESS', 'WARNING', 'FAILED', 'KILLED']
const AGES: readonly [string, string][] = [
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
]

/** The filters of a list as chips; all of them stand in the address. */
export function FilterBar({ filters, set, children }: Props) {
  const [text, setText] = useState(filters.text ?? '')
  const settled = useDebounced(text, 250)
  useEffect(() => {
    if (settled.trim() !== (filters.text ?? '')) set({ ...filters, text: settled.trim() || undefined })
    // only what was typed moves the address
  }, [settled]) // eslint-disable-line
  const without = (...names: (keyof Filters)[]): Filters => Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name as keyof Filters)))
  const chips = chipsOf(filters, without)
  const last = chips[chips.length - 1]
  return (
    <div className="toolbar filters">
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
      {chips.map((chip) => (
        <span key={chip.label} className="chip">
          {chip.label} <b>{chip.value}</b>
          <button type="button" className="chip-x" aria-label={`Remove filter ${chip.label}`} onClick={() => set(chip.rest)}>
            <Icon name="x" size={13} />
          </button>
        </span>
      ))}
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className="chip add">
            <Icon name="plus" size={13} />
            Filter
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>State</Menu.Label>
          {OFFERED.map((state) => (
            <Menu.Item key={state} onClick={() => set({ ...filters, state: [...new Set([...(filters.state ?? []), state])] })}>
              {wordOfState(state)}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => set({ ...filters, fixed: false })}>Not fixed yet</Menu.Item>
          <Menu.Label>Made</Menu.Label>
          {AGES.map(([since, word]) => (
            <Menu.Item key={since} onClick={() => set({ ...filters, since })}>
              {word}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className="grow" />
      {children}
    </div>
  )
}

interface Chip {
  label: string
  value: string
  rest: Filters
}

function chipsOf(filters: Filters, without: (...names: (keyof Filters)[]) => Filters): Chip[] {
  const chips: Chip[] = []
  const add = (label: string, value: string, rest: Filters) => chips.push({ label, value, rest })
  if (filters.state) add('State', filters.state.map(wordOfState).join(' or '), without('state'))
  if (filters.fixed !== undefined) add('Fixed', filters.fixed ? 'yes' : 'not yet', without('fixed'))
  if (filters.namespace) add('Namespace', filters.namespace, without('namespace'))
  if (filters.flow) add('Flow', filters.flow, without('flow'))
  if (filters.since) add('Made', AGES.find(([since]) => since === filters.since)?.[1] ?? `since ${filters.since}`, without('since'))
  for (const each of filters.label ?? []) {
    const rest = filters.label?.filter((label) => label !== each) ?? []
    add('Label', each, rest.length > 0 ? { ...without('label'), label: rest } : without('label'))
  }
  if (filters.root) add('Lineage of', filters.root.slice(0, 8), without('root'))
  return chips
}
