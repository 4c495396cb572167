import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useNow, usePresence } from '../api/hooks'
import { attemptsQuery, codeQuery, linesQuery, sourceQuery, taskRunQuery, type Attempt, type TaskRun } from '../api/queries'
import { clockOf, duration, many, span } from '../model/format'
import { hasEnded, lookOf, wordOf, wordOfState } from '../model/looks'
import { copy } from '../parts/copy'
import { Icon, Mark, Segno } from '../parts/marks'
import { Failure, Prose, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { For } from '../parts/For'
import { IconButton } from '../parts/button'
import { useKeys } from '../parts/keys'
import { runRoute } from '../router'
import { ErrorCard } from './ErrorCard'
import type { Loaded } from './useRun'
import { ValueList } from './ValueList'

interface Props {
  run: string
  address: string
  loaded: Loaded
  onSelect: (address: string | null) => void
}

/** What became of one task: its error first, then what it was given, what it gave and what it wrote. */
export function TaskPanel({ run, address, loaded, onSelect }: Props) {
  const found = useQuery(taskRunQuery(run, address))
  const task = found.data
  const box = useRef<HTMLElement>(null)
  const navigate = useNavigate({ from: runRoute.fullPath })
  useKeys({
    Escape: () => onSelect(null),
    l: () => void navigate({ to: '/runs/$run/logs', params: { run }, search: { task: address } }),
  })
  return (
    <aside className="panel" aria-label={`Task ${address}`} ref={box}>
      {task ? (
        <>
          <PanelHead run={run} task={task} loaded={loaded} onSelect={onSelect} />
          <div className="panel-body" tabIndex={0} role="group" aria-label="What became of the task">
            {task.error && <ErrorCard error={task.error} task={task} loaded={loaded} />}
            <Came task={task} loaded={loaded} />
            <Section title="Rendered properties" note={`${Object.keys(task.properties).length}`} hidden={Object.keys(task.properties).length === 0}>
              <ValueList values={task.properties} />
            </Section>
            <Read task={task} />
            <Section title="Outputs" hidden={Object.keys(task.outputs).length === 0}>
              <ValueList values={task.outputs} />
            </Section>
            <Attempts run={run} task={task} loaded={loaded} />
            <Lines run={run} task={task} />
          </div>
        </>
      ) : found.error ? (
        <>
          <div className="panel-head">
            <div className="row">
              <h2 className="mono grow cut">{address}</h2>
              <IconButton small icon="x" label="Close" hint="Esc" onClick={() => onSelect(null)} />
            </div>
          </div>
          <Failure error={found.error} />
        </>
      ) : (
        <Skeleton />
      )}
    </aside>
  )
}

function PanelHead({ run, task, loaded, onSelect }: { run: string; task: TaskRun; loaded: Loaded; onSelect: Props['onSelect'] }) {
  const away = usePresence() === 'away'
  const look = lookOf(task.state, task.action)
  const moving = loaded.live && !hasEnded(task.state)
  const now = useNow(moving) / 1000
  const long = span(seconds(task.started), seconds(task.ended), now)
  const code = useQuery(codeQuery(run))
  const [copied, setCopied] = useState(false)
  const step = (key: string) => document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  useEffect(() => {
    if (!copied) return
    const timer = window.setTimeout(() => setCopied(false), 1500)
    return () => window.clearTimeout(timer)
  }, [copied])
  return (
    <div className="panel-head">
      <div className="row">
        <Mark look={look} word={wordOf(look)} />
        <h2 className="mono grow cut panel-title" title={task.address}>
          {task.address}
        </h2>
        <IconButton small icon="chevron-up" label="Previous task" hint="[" className="only-wide" onClick={() => step('[')} />
        <IconButton small icon="chevron-down" label="Next task" hint="]" className="only-wide" onClick={() => step(']')} />
        <IconButton small icon="x" label="Close" hint="Esc" onClick={() => onSelect(null)} />
      </div>
      <div className="row sm soft under">
        <span className="mono cut">{task.type}</span>
        <span className="muted">·</span>
        <span className="nowrap">attempt {task.attempt}</span>
        {long !== null && (
          <>
            <span className="muted">·</span>
            <span className="nowrap">{duration(long)}</span>
          </>
        )}
      </div>
      <div className="row">
        <For role="operator">
          <Link
            className={away ? 'btn primary disabled' : 'btn primary'}
            to="."
            search={(before: object) => ({ ...before, replay: [task.address] }) as never}
            disabled={away}
            resetScroll={false}
          >
            <Segno />
            Replay from here
          </Link>
        </For>
        <For role="editor">
          {task.error && code.data === null && (
            <Link className="btn" to="/runs/$run/fix" params={{ run }} search={{ task: task.address }}>
              <Icon name="tool" />
              Fix
            </Link>
          )}
        </For>
        <span className="grow" />
        <button type="button" className="btn quiet sm only-wide" onClick={() => void copy(task.address).then(setCopied)}>
          <Icon name={copied ? 'check' : 'copy'} size={14} />
          {copied ? 'Copied' : 'Address'}
        </button>
      </div>
    </div>
  )
}

const seconds = (at: string | null): number | null => (at === null ? null : Date.parse(at) / 1000)

interface SectionProps {
  title: string
  note?: React.ReactNode
  hidden?: boolean
  last?: boolean
  children: React.ReactNode
}

function Section({ title, note, hidden, last, children }: SectionProps) {
  if (hidden) return null
  return (
    <section className={last ? 'sect last' : 'sect'}>
      <header>
        <h3>{title}</h3>
        {note !== undefined && <span className="end">{note}</span>}
      </header>
      {children}
    </section>
  )
}

/** How it came to be here: why it ran, or where it really ran. */
function Came({ task, loaded }: { task: TaskRun; loaded: Loaded }) {
  const source = useQuery({ ...sourceQuery(task.reused_from ?? ''), enabled: task.reused_from !== null })
  const ran = source.data && loaded.lineage.find((each) => each.id === source.data.run)
  return (
    <Section title="Why">
      <dl className="kv">
        <dt>{wordOfState(task.action)}</dt>
        <dd>
          <Prose text={task.reason} />
        </dd>
        {source.data && (
          <>
            <dt>Ran in</dt>
            <dd>
              <Link className="link" to="/runs/$run" params={{ run: source.data.run }} search={{ task: task.address }}>
                {ran?.name ?? source.data.run.slice(0, 8)}
              </Link>
            </dd>
          </>
        )}
        {task.started && (
          <>
            <dt>Started</dt>
            <dd>
              <Moment at={task.started} />
            </dd>
          </>
        )}
      </dl>
    </Section>
  )
}

/** What it read of others. */
function Read({ task }: { task: TaskRun }) {
  const used = Object.keys(task.used)
  return (
    <Section title="Read" hidden={used.length === 0}>
      <ul className="reads">
        {used.map((path) => (
          <li key={path}>
            <Reading path={path} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Reading({ path }: { path: string }) {
  const [kind, task] = path.split('.')
  if (kind !== 'outputs' || task === undefined) return <code>{path}</code>
  return (
    <Link className="link mono" from={runRoute.fullPath} to="." search={(before) => ({ ...before, task })} resetScroll={false}>
      {path.slice('outputs.'.length)}
    </Link>
  )
}

function Attempts({ run, task, loaded }: { run: string; task: TaskRun; loaded: Loaded }) {
  const found = useQuery(attemptsQuery(run, task.address))
  const attempts = found.data ?? []
  const moving = loaded.live && !hasEnded(task.state)
  const now = useNow(moving) / 1000
  const earlier = task.attempt - attempts.length
  return (
    <Section title="Attempts" hidden={attempts.length === 0} note={earlier > 0 ? `${many(earlier, 'more', 'more')} before, in the origin` : undefined}>
      <ol className="attempts">
        {attempts.map((each) => (
          <li key={each.number}>
            <Mark look={lookOf(each.state)} />
            <span className="grow">
              Attempt {each.number} <span className="muted">{wordOfState(each.state).toLowerCase()}</span>
              {each.error && !same(each, task) && <span className="cut block muted">{String(each.error.message)}</span>}
            </span>
            <span className="soft">{duration(span(seconds(each.started), seconds(each.ended), now) ?? 0)}</span>
          </li>
        ))}
      </ol>
    </Section>
  )
}

const same = (attempt: Attempt, task: TaskRun): boolean => attempt.error?.message === task.error?.message

/** How many of the last lines the panel shows. */
const LAST = 12

function Lines({ run, task }: { run: string; task: TaskRun }) {
  const found = useQuery(linesQuery(run, task.address))
  const lines = found.data?.lines ?? []
  const shown = lines.slice(-LAST)
  const more = found.data?.next !== null && found.data !== undefined
  const count = more ? `more than ${lines.length} lines` : many(lines.length, 'line')
  return (
    <>
      <Section
        title="Logs"
        last
        note={
          lines.length > 0 && (
            <Link className="link" to="/runs/$run/logs" params={{ run }} search={{ task: task.address }}>
              All, {count}
            </Link>
          )
        }
      >
        {lines.length === 0 && <p className="muted sm">{found.isPending ? '' : 'It wrote nothing.'}</p>}
      </Section>
      <div className="log">
        {shown.map((line) => (
          <div key={line.position} className={line.level}>
            <time>{clockOf(new Date(line.at))}</time>
            <span className="lv">{line.level}</span>
            <span>{line.text}</span>
          </div>
        ))}
      </div>
    </>
  )
}
