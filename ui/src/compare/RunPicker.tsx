import { Popover } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent } from 'react'
import { lineageQuery, type Run } from '../api/queries'
import { lookOf, wordOfState } from '../model/looks'
import { Icon, Mark } from '../parts/marks'
import { Moment } from '../parts/time'
import { useDebounced } from '../replay/useDebounced'
import { offeredQuery } from './queries'

interface Props {
  side: 'A' | 'B'
  chosen: Run | undefined
  /** Whether no run was named for this side. */
  lacking: boolean
  /** The run on the other side: its relatives come first. */
  other: Run | undefined
  onChoose: (run: string) => void
}

/** Chooses one of the two runs: its relatives first, then others of the flow, or whichever has a text. */
export function RunPicker({ side, chosen, lacking, other, onChoose }: Props) {
  const [opened, setOpened] = useState(lacking)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus width={420} shadow="md">
      <Popover.Target>
        <button type="button" className="btn sm quiet pick-run" aria-expanded={opened} onClick={() => setOpened((before) => !before)}>
          {chosen ? 'Choose another' : 'Choose a run'}
          <Icon name="chevron-down" size={14} />
        </button>
      </Popover.Target>
      <Popover.Dropdown className="picker" aria-label={`Run ${side}`}>
        {opened && (
          <Choices
            other={other}
            chosen={chosen}
            onChoose={(run) => {
              setOpened(false)
              onChoose(run)
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  )
}

function Choices({ other, chosen, onChoose }: { other: Run | undefined; chosen: Run | undefined; onChoose: (run: string) => void }) {
  const [text, setText] = useState('')
  const sought = useDebounced(text.trim(), 200)
  const known = other ?? chosen
  const relatives = useQuery({ ...lineageQuery(known?.id ?? ''), enabled: known !== undefined }).data ?? []
  const found = useQuery(offeredQuery(sought === '' && known ? `${known.namespace}.${known.flow}` : undefined, sought))
  const near = sought === '' ? relatives.filter((run) => run.id !== other?.id && !run.deleted) : []
  const rest = (found.data ?? []).filter((run) => run.id !== other?.id && !near.some((each) => each.id === run.id))
  const pressed = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('input, button')]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[Math.min(all.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1)))]?.focus()
    event.preventDefault()
  }
  return (
    <div onKeyDown={pressed}>
      <label className="field">
        <Icon name="search" size={14} />
        <input data-autofocus aria-label="Search runs" placeholder="Name, label, error text or id" value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <Group title="Lineage" runs={near} onChoose={onChoose} />
      <Group title={sought === '' ? 'Other runs of the flow' : 'Runs'} runs={rest} onChoose={onChoose} />
      {found.data && near.length + rest.length === 0 && <p className="calm">No other run{sought === '' ? ' of this flow' : ' matches'}.</p>}
    </div>
  )
}

function Group({ title, runs, onChoose }: { title: string; runs: readonly Run[]; onChoose: (run: string) => void }) {
  if (runs.length === 0) return null
  return (
    <>
      <h3 className="muted sm">{title}</h3>
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <button type="button" className="pick" onClick={() => onChoose(run.id)}>
              <Mark look={lookOf(run.state)} word={wordOfState(run.state)} />
              <span className="strong cut">{run.name}</span>
              <span className="soft sm nowrap">rev. {run.revision}</span>
              <span className="grow" />
              <span className="muted sm nowrap">
                <Moment at={run.created} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
