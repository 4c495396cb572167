import { Modal, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { flowsQuery, runsQuery } from '../api/queries'
import { lookOf, wordOfState } from '../model/looks'
import { ranked, type Entry, type Ranked } from '../model/palette'
import { Icon, Mark } from '../parts/marks'
import { useOffered } from '../parts/pageactions'
import { useDebounced } from '../replay/useDebounced'

interface Props {
  onClose: () => void
  onKeys: () => void
}

/** Goes anywhere and does what the page can do, by a few letters. */
export function Palette({ onClose, onKeys }: Props) {
  const [text, setText] = useState('')
  const entries = useEntries(text, onKeys)
  const groups = useMemo(() => ranked(entries, text), [entries, text])
  const flat = groups.flatMap((group) => group.entries)
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const chosen = Math.min(at, flat.length - 1)
  useEffect(() => setAt(0), [text])
  useEffect(() => {
    // what a newer browser gives back is no clean-up
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const act = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    // the dialog gives the focus back first
    window.setTimeout(entry.run, 0)
  }
  const pressed = (event: React.KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (by !== undefined && flat.length > 0) {
      event.preventDefault()
      const next = chosen + by
      setAt(Math.abs(by) === 1 ? (next + flat.length) % flat.length : Math.min(flat.length - 1, Math.max(0, next)))
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      act(flat[chosen])
    }
  }
  let index = -1
  return (
    <Modal.Root opened onClose={onClose} size={600} yOffset="12vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay backgroundOpacity={0} className="scrim" />
      <Modal.Content className="palette" aria-label="Search or run a command">
        <div className="palette-head">
          <Icon name="search" />
          <input
            data-autofocus
            role="combobox"
            aria-label="Search or run a command"
            aria-expanded={flat.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={flat.length > 0 ? `${id}-${chosen}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            placeholder="A run, a flow, a page, or what to do"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={pressed}
          />
          <span className="kbd only-wide">Esc</span>
        </div>
        <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Results" ref={list}>
          {groups.map((group) => (
            <div key={group.name} role="group" aria-label={group.name}>
              <div className="palette-group" aria-hidden>
                {group.name}
              </div>
              {group.entries.map((entry) => {
                index += 1
                const mine = index
                return (
                  <div
                    key={entry.id}
                    id={`${id}-${mine}`}
                    role="option"
                    aria-selected={mine === chosen}
                    className="palette-row"
                    onPointerMove={() => setAt(mine)}
                    onClick={() => act(entry)}
                  >
                    <Row entry={entry} />
                  </div>
                )
              })}
            </div>
          ))}
        </div>
        {flat.length === 0 && <p className="palette-none muted">Nothing answers to that.</p>}
        <p className="vh" role="status">
          {text === '' ? '' : `${flat.length} ${flat.length === 1 ? 'result' : 'results'}`}
        </p>
      </Modal.Content>
    </Modal.Root>
  )
}

function Row({ entry }: { entry: Ranked }) {
  return (
    <>
      {entry.state ? <Mark look={lookOf(entry.state)} word={wordOfState(entry.state)} /> : <Icon name={entry.icon ?? 'chevron-right'} />}
      <span className="cut">
        <Marked text={entry.label} at={entry.at} />
      </span>
      {entry.detail && <span className="muted sm cut">{entry.detail}</span>}
      <span className="grow" />
      {entry.hint && <span className="kbd only-wide">{entry.hint}</span>}
    </>
  )
}

function Marked({ text, at }: { text: string; at: readonly number[] }) {
  if (at.length === 0) return <>{text}</>
  const found = new Set(at)
  return (
    <>
      {Array.from(text, (sign, index) =>
        found.has(index) ? (
          <b key={index} className="palette-hit">
            {sign}
          </b>
        ) : (
          sign
        ),
      )}
    </>
  )
}

/** All that may be chosen: what the page can do, the pages, flows, and the runs that the server finds. */
function useEntries(text: string, onKeys: () => void): Entry[] {
  const navigate = useNavigate()
  const offered = useOffered()
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  const flows = useQuery(flowsQuery).data
  const sought = useDebounced(text.trim(), 120)
  const runs = useInfiniteQuery({ ...runsQuery({ limit: 8, ...(sought.length > 1 && { text: sought }) }), placeholderData: keepPreviousData }).data?.pages[0]?.runs
  return useMemo(() => {
    const entries: Entry[] = []
    offered.flat().forEach((each, index) => entries.push({ id: `action-${index}`, group: 'This page', label: each.label, hint: each.hint, icon: 'chevron-right', run: each.run }))
    const go = (label: string, hint: string | undefined, run: () => void) => entries.push({ id: `page-${label}`, group: 'Pages', label, hint, icon: 'file-text', run })
    go('Home', 'g h', () => void navigate({ to: '/' }))
    go('Runs', 'g r', () => void navigate({ to: '/runs', search: {} }))
    go('Failed runs', undefined, () => void navigate({ to: '/runs', search: { state: ['FAILED'] } }))
    go('Flows', 'g f', () => void navigate({ to: '/flows', search: {} }))
    go('New flow', undefined, () => void navigate({ to: '/flows/new', search: {} }))
    go(dark ? 'Light theme' : 'Dark theme', undefined, () => setColorScheme(dark ? 'light' : 'dark'))
    go('Keys', '?', onKeys)
    for (const flow of flows ?? []) {
      const name = `${flow.namespace}.${flow.id}`
      entries.push({ id: `flow-${name}`, group: 'Flows', label: name, detail: flow.description ?? undefined, icon: 'tool', run: () => void navigate({ to: '/flows/$flow', params: { flow: name }, search: {} }) })
    }
    for (const run of runs ?? []) {
      entries.push({
        id: `run-${run.id}`,
        group: 'Runs',
        label: run.name,
        detail: `${run.namespace}.${run.flow}`,
        state: run.state,
        found: sought.length > 1,
        run: () => void navigate({ to: '/runs/$run', params: { run: run.id }, search: {} }),
      })
    }
    return entries
  }, [offered, flows, runs, navigate, dark, setColorScheme, onKeys, sought])
}
