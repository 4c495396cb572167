import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useNow, usePresence } from '../api/hooks'
import { codeQuery, givenQuery, linesQuery, sourceQuery, taskRunQuery, type TaskRun } from '../api/queries'
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
import { artifactsOfTaskQuery } from '../results/queries'
import { AttemptSwitch, History, useAttempts } from './Attempts'
import { ErrorCard } from './ErrorCard'
import { Sources } from './Sources'
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
  const begun = loaded.gantt?.bars.some((bar) => bar.address === address)
  const found = useQuery({ ...taskRunQuery(run, address), enabled: begun !== false })
  const task = begun === false ? undefined : found.data
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
            <Body run={run} task={task} loaded={loaded} />
          </div>
        </>
      ) : found.error || begun === false ? (
        <>
          <div className="panel-head">
            <div className="row">
              <h2 className="mono grow cut">{address}</h2>
              <IconButton small icon="x" label="Close" hint="Esc" onClick={() => onSelect(null)} />
            </div>
          </div>
          {begun === false || found.error === null ? (
            <div className="panel-body">
              <p className="lead">There is no task run at this address.</p>
            </div>
          ) : (
            <Failure error={found.error} again={() => void found.refetch()} />
          )}
        </>
      ) : (
        <Skeleton />
      )}
    </aside>
  )
}

/** All that is told of a task below its head; of the attempt that is looked at where it has several. */
function Body({ run, task, loaded }: { run: string; task: TaskRun; loaded: Loaded }) {
  const search = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const { attempts, shown } = useAttempts(run, task.address, search.attempt)
  const records = useQuery(artifactsOfTaskQuery(task.reused_from ?? task.id)).data ?? []
  const given = useQuery(givenQuery(run)).data?.[task.address] ?? []
  const earlier = task.attempt - attempts.length
  const error = shown && shown.number !== attempts.at(-1)?.number ? shown.error : task.error
  const outputs = Object.keys(task.outputs).length
  return (
    <>
      <Section title="Attempts" hidden={attempts.length < 2} note={earlier > 0 ? `${many(earlier, 'more', 'more')} before, in the origin` : undefined}>
        <AttemptSwitch
          attempts={attempts}
          shown={shown}
          task={task}
          loaded={loaded}
          onChoose={(number) => void navigate({ search: (before) => ({ ...before, attempt: String(number) }), replace: true, resetScroll: false })}
        />
      </Section>
      {error && <ErrorCard error={error} task={task} loaded={loaded} />}
      <Came task={task} loaded={loaded} />
      <Section title="Rendered properties" note={`${Object.keys(task.properties).length}`} hidden={Object.keys(task.properties).length === 0}>
        <ValueList values={task.properties} records={records} />
      </Section>
      <Section title="Inputs" hidden={Object.keys(task.used).length === 0}>
        <Sources run={run} task={task} loaded={loaded} given={given} />
      </Section>
      <Section title="Outputs" hidden={outputs === 0 && !hasEnded(task.state)}>
        {outputs === 0 ? <p className="muted sm">It gave none.</p> : <ValueList values={task.outputs} records={records} />}
      </Section>
      <Section title="History">
        <History task={task} attempts={attempts} />
      </Section>
      <Lines run={run} task={task} attempt={attempts.length > 1 ? shown?.number : undefined} />
    </>
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

/** How many of the last lines the panel shows. */
const LAST = 12

function Lines({ run, task, attempt }: { run: string; task: TaskRun; attempt: number | undefined }) {
  const found = useQuery(linesQuery(run, task.address, attempt))
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
            <Link className="link" to="/runs/$run/logs" params={{ run }} search={{ task: task.address, ...(attempt !== undefined && { attempt: String(attempt) }) }}>
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
