import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { LineFilter, LogLine } from '../api/queries'
import { matchesOf, stepFrom } from '../model/find'
import { count, many } from '../model/format'
import { IconButton } from '../parts/button'
import { Icon } from '../parts/marks'
import { Failure, Segments, Skeleton } from '../parts/pieces'
import { useDebounced } from '../replay/useDebounced'
import { runRoute, type RunSearch } from '../router'
import { LogLines } from './LogLines'
import { useLines } from './useLines'
import { useRun, type Loaded } from './useRun'

const LEVELS = [
  { value: '', label: 'All' },
  { value: 'INFO', label: 'Info' },
  { value: 'WARNING', label: 'Warning' },
  { value: 'ERROR', label: 'Error' },
]
/** How many tasks a list of them has at most. */
const TASKS = 300

/** What a run wrote: the filter stands in the address, and the end is followed by who reads there. */
export function LogsTab() {
  const { run } = runRoute.useParams()
  const search = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const set = useMemo(
    () => (some: Partial<RunSearch>) =>
      void navigate({
        to: '/runs/$run/logs',
        params: { run },
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...some }).filter(([, value]) => value !== undefined && value !== '')),
        replace: true,
      }),
    [navigate, run],
  )
  const sought = search.text ?? ''
  const wanted: LineFilter = {
    ...(search.task && { address: search.task }),
    ...(search.level && { level: search.level }),
    ...(sought !== '' && !search.around && { text: sought }),
    ...(search.attempt && { attempt: Number(search.attempt) }),
  }
  const { lines, complete, error } = useLines(run, wanted, loaded.live)
  const length = lines.length
  const [following, setFollowing] = useState(!window.location.hash.startsWith('#L'))
  const found = useFound(lines, length, sought)
  const query = new URLSearchParams(Object.entries(wanted).map(([name, value]) => [name, String(value)]))
  const step = (by: 1 | -1) => {
    setFollowing(false)
    found.step(by)
  }
  return (
    <div className="pane">
      <div className="toolbar wraps">
        <SearchBox text={sought} set={(text) => set({ text, ...(text === '' && { around: undefined }) })} step={step} />
        {sought !== '' && (
          <span className="row found-steps">
            <IconButton small icon="chevron-up" label="Previous match" hint="Shift Enter" disabled={found.all === 0} onClick={() => step(-1)} />
            <IconButton small icon="chevron-down" label="Next match" hint="Enter" disabled={found.all === 0} onClick={() => step(1)} />
            <span className="muted sm nowrap" role="status">
              {found.all === 0 ? 'no match' : found.at === null ? many(found.all, 'match', 'matches') : `${count(found.at + 1)} of ${count(found.all)}`}
            </span>
            <button type="button" className="chip" aria-pressed={!search.around} onClick={() => set({ around: search.around ? undefined : '1' })}>
              {search.around ? 'Only matches' : 'Lines around'}
            </button>
          </span>
        )}
        <Segments label="Level" value={search.level ?? ''} choices={LEVELS} onChange={(level) => set({ level })} />
        <TaskChoice loaded={loaded} task={search.task} attempt={search.attempt} set={set} />
        <span className="grow" />
        <span className="muted sm" role="status">
          {many(length, 'line')}
          {!complete && ' …'}
        </span>
        <button type="button" className="btn sm only-wide" aria-pressed={following} title={following ? 'The end is kept in view' : 'Go to the end, and stay there'} onClick={() => setFollowing(true)}>
          <Icon name={following ? 'check' : 'arrow-down'} size={14} />
          {loaded.live ? 'Follow' : 'To the end'}
        </button>
        <a className="btn sm only-wide" href={`/api/v1/runs/${run}/logs/download?${query}`} download>
          <Icon name="download" size={14} />
          Download
        </a>
      </div>
      <Shown error={error} empty={length === 0} complete={complete} nothing={Object.keys(wanted).length > 0 ? 'No line matches.' : loaded.live ? 'Nothing has been written yet.' : 'It wrote nothing.'}>
        <LogLines lines={lines} length={length} sought={sought} found={found.position} following={following} onFollow={setFollowing} />
      </Shown>
    </div>
  )
}

function Shown({ error, empty, complete, nothing, children }: { error: Error | null; empty: boolean; complete: boolean; nothing: string; children: ReactNode }) {
  if (error) return <Failure error={error} />
  if (!empty) return children
  return complete ? <p className="calm log-empty">{nothing}</p> : <Skeleton rows={12} />
}

/** The lines that hold a text, and the one of them that is looked at. */
function useFound(lines: readonly LogLine[], length: number, sought: string) {
  const [position, setPosition] = useState<number | null>(null)
  // the list grows in place: its length says that it has
  const matches = useMemo(() => matchesOf(lines, sought), [lines, length, sought]) // eslint-disable-line
  useEffect(() => {
    if (sought === '') setPosition(null)
  }, [sought])
  const line = position === null ? null : lines.findIndex((each) => each.position === position)
  const at = line === null ? -1 : matches.indexOf(line)
  const step = (by: 1 | -1) => {
    const next = stepFrom(matches, line === -1 ? null : line, by)
    if (next !== null) setPosition(lines[next]?.position ?? null)
  }
  return { all: matches.length, at: at < 0 ? null : at, position, step }
}

function SearchBox({ text, set, step }: { text: string; set: (text: string) => void; step: (by: 1 | -1) => void }) {
  const [typed, setTyped] = useState(text)
  const settled = useDebounced(typed.trim(), 250)
  const first = useRef(true)
  useEffect(() => {
    // what stands in the address at first is not typed
    if (first.current) first.current = false
    else set(settled)
  }, [settled]) // eslint-disable-line
  return (
    <label className="field search-field">
      <Icon name="search" size={14} />
      <input
        data-search
        aria-label="Search in lines"
        placeholder="Search in lines"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          step(event.shiftKey ? -1 : 1)
        }}
      />
    </label>
  )
}

interface ChoiceProps {
  loaded: Loaded
  task: string | undefined
  attempt: string | undefined
  set: (some: Partial<RunSearch>) => void
}

/** Of which task, and of which of its attempts, the lines are shown. */
function TaskChoice({ loaded, task, attempt, set }: ChoiceProps) {
  const groups = new Set(loaded.flow?.nodes.filter((node) => node.kind !== 'work').map((node) => node.id))
  const bars = (loaded.gantt?.bars ?? []).filter((bar) => !groups.has(bar.task))
  const shown = bars.slice(0, TASKS).map((bar) => bar.address)
  const chosen = bars.find((bar) => bar.address === task)
  if (task && !shown.includes(task)) shown.unshift(task)
  return (
    <>
      <select className="field other" aria-label="Task" value={task ?? ''} onChange={(event) => set({ task: event.target.value, attempt: undefined })}>
        <option value="">All tasks</option>
        {shown.map((address) => (
          <option key={address} value={address}>
            {address}
          </option>
        ))}
        {bars.length > TASKS && <option disabled>{count(bars.length - TASKS)} more, by the panel of a task</option>}
      </select>
      {task && (chosen === undefined || chosen.attempts > 1) && <AttemptChoice attempts={chosen?.attempts ?? 0} attempt={attempt} set={set} />}
    </>
  )
}

function AttemptChoice({ attempts, attempt, set }: { attempts: number; attempt: string | undefined; set: (some: Partial<RunSearch>) => void }) {
  const numbers = [...new Set([...Array.from({ length: attempts }, (_, at) => String(at + 1)), ...(attempt ? [attempt] : [])])]
  if (numbers.length === 0) return null
  return (
    <select className="field other" aria-label="Attempt" value={attempt ?? ''} onChange={(event) => set({ attempt: event.target.value })}>
      <option value="">All attempts</option>
      {numbers.map((number) => (
        <option key={number} value={number}>
          Attempt {number}
        </option>
      ))}
    </select>
  )
}
