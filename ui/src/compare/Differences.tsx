import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { textQuery } from '../api/queries'
import { outcomeOf, written, type Change, type ComparedTask, type TaskSide } from '../model/compare'
import { compareTexts, nearChanges } from '../model/diff'
import { withMarks } from '../model/inline'
import { duration, many, size as sizeOf } from '../model/format'
import { lookOf, wordOf, wordOfState } from '../model/looks'
import { Mark } from '../parts/marks'
import { Failure, Prose } from '../parts/pieces'
import type { Compared } from './queries'

/** What differs between two runs, and closely in one task. */
export function Differences({ compared, task }: { compared: Compared; task: ComparedTask | null }) {
  const { before, after } = compared.runs as Record<'before' | 'after', Compared['runs'][string]>
  if (!before || !after) return null
  const sameFlow = before.namespace === after.namespace && before.flow === after.flow
  const same = Object.keys(after.inputs).length - compared.inputs.length
  return (
    <>
      {sameFlow && before.revision !== after.revision && <Revisions flow={`${after.namespace}.${after.flow}`} before={before.revision} after={after.revision} />}
      <Sect title="Runs">
        {compared.facts.length === 0 ? <p className="muted sm">The same flow, revision and state.</p> : <Pairs changes={compared.facts} />}
      </Sect>
      <Sect title="Inputs" note={same > 0 ? `${same} the same` : undefined}>
        {compared.inputs.length === 0 ? <p className="muted sm">All inputs are the same.</p> : <Pairs changes={compared.inputs} />}
      </Sect>
      {task && <Task task={task} />}
      {compared.versions.length > 0 && (
        <Sect title="Versions" note={many(compared.versions.length, 'difference')}>
          <Pairs changes={compared.versions} />
        </Sect>
      )}
    </>
  )
}

function Sect({ title, note, children }: { title: ReactNode; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="sect">
      <header>
        <h2>{title}</h2>
        {note !== undefined && <span className="end">{note}</span>}
      </header>
      {children}
    </section>
  )
}

function Revisions({ flow, before, after }: { flow: string; before: number; after: number }) {
  const one = useQuery(textQuery(flow, before))
  const other = useQuery(textQuery(flow, after))
  const error = one.error ?? other.error
  return (
    <Sect
      title={`Revision ${before} to ${after}`}
      note={
        <Link className="link" to="/flows/$flow/revisions" params={{ flow }} search={{ a: String(before), b: String(after) }}>
          Open the flow
        </Link>
      }
    >
      {error && <Failure error={error} />}
      {one.data !== undefined && other.data !== undefined && <Diff before={one.data} after={other.data} label={`What differs in revision ${after}`} />}
    </Sect>
  )
}

/** Two texts line by line, and only what is near a difference. */
function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  return (
    <div className="framed">
      <div className="diff" role="group" aria-label={label} tabIndex={0}>
        {withMarks(nearChanges(compareTexts(before, after), 2)).map(({ line, mark }, at) => (
          <div key={at} className={line.kind === 'gap' ? 'hunk' : `d ${line.kind}`}>
            <span>{line.before}</span>
            <span>{line.after}</span>
            <span>{line.kind === 'add' ? '+' : line.kind === 'del' ? '-' : ''}</span>
            <span>
              {mark === null ? (
                line.text
              ) : (
                <>
                  {line.text.slice(0, mark.from)}
                  <mark>{line.text.slice(mark.from, mark.to)}</mark>
                  {line.text.slice(mark.to)}
                </>
              )}
            </span>
          </div>
        ))}
      </div>
    </div>
  )
}

/** A change whose sides are short stands in one line, others below each other as lines. */
const LONGEST = 60

function Pairs({ changes }: { changes: readonly Change[] }) {
  const short = changes.filter((change) => !isLong(change))
  const long = changes.filter(isLong)
  return (
    <>
      {short.length > 0 && (
        <dl className="sides-kv">
          <dt className="visually-hidden">Name</dt>
          <dd className="muted xs">A</dd>
          <dd className="muted xs">B</dd>
          {short.map((change) => (
            <div key={change.name} className="pair">
              <dt className="mono">{change.name}</dt>
              <dd className="mono">{side(change.before)}</dd>
              <dd className="mono differs">{side(change.after)}</dd>
            </div>
          ))}
        </dl>
      )}
      {long.map((change) => (
        <div key={change.name} className="long-change">
          <p className="mono sm muted">{change.name}</p>
          <Diff before={written(change.before)} after={written(change.after)} label={`What differs in ${change.name}`} />
        </div>
      ))}
    </>
  )
}

const isLong = ({ before, after }: Change): boolean => [before, after].some((value) => content(value) === null && written(value).length > LONGEST)

/** A value that is told by its content alone. */
function content(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const { digest, size, ...rest } = value as Record<string, unknown>
  if (Object.keys(rest).length > 0 || typeof digest !== 'string') return null
  return `${digest.slice(0, 8)}${typeof size === 'number' ? `, ${sizeOf(size)}` : ''}`
}

function side(value: unknown): ReactNode {
  if (value === undefined) return <i className="muted">missing</i>
  return content(value) ?? (typeof value === 'string' ? value || '""' : JSON.stringify(value))
}

function Task({ task }: { task: ComparedTask }) {
  const outcome = outcomeOf(task)
  return (
    <section className="sect" aria-label={`Task ${task.address}`}>
      <header>
        <h2 className="mono cut">{task.address}</h2>
        <span className="end">{outcome === 'same' ? 'the same result' : outcome === 'different' ? 'different' : outcome === 'before' ? 'only in A' : 'only in B'}</span>
      </header>
      <div className="two-sides">
        <SideOf name="A" side={task.before} />
        <SideOf name="B" side={task.after} />
      </div>
      {task.properties.length > 0 && (
        <Part title="Its definition differs in">
          <p className="sm">
            <Prose text={task.properties.join(', ')} />
          </p>
        </Part>
      )}
      {task.read.length > 0 && (
        <Part title="It read other values">
          <p className="mono sm wraps">{task.read.join(', ')}</p>
        </Part>
      )}
      {task.rendered.length > 0 && (
        <Part title="Rendered properties">
          <Pairs changes={task.rendered} />
        </Part>
      )}
      {task.outputs.length > 0 && (
        <Part title="Outputs">
          <Pairs changes={task.outputs} />
          {task.more_outputs > 0 && <p className="muted sm">and {task.more_outputs} more differences</p>}
        </Part>
      )}
      {outcome === 'different' && task.outputs.length === 0 && !task.is_group && <p className="muted sm">The outputs are the same; how it ended is not.</p>}
      {task.is_group && <p className="muted sm">Its result is that of the tasks in it.</p>}
    </section>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="part">
      <h3>{title}</h3>
      {children}
    </div>
  )
}

function SideOf({ name, side }: { name: string; side: TaskSide | null }) {
  if (side === null) {
    return (
      <div>
        <span className="ab">{name}</span> <span className="muted">not there</span>
      </div>
    )
  }
  const look = lookOf(side.state, side.action)
  return (
    <div>
      <span className="row">
        <span className="ab">{name}</span>
        <Mark look={look} />
        {wordOf(look)}
        {look === 'reused' && <span className="muted sm">{wordOfState(side.state).toLowerCase()} there</span>}
      </span>
      <span className="muted sm">
        attempt {side.attempt}
        {side.seconds !== null && `, ${duration(side.seconds)}`}
      </span>
      {side.reason && (
        <span className="sm soft">
          <Prose text={side.reason} />
        </span>
      )}
      {side.error && (
        <span className="sm failed-word">
          <Prose text={side.error} />
        </span>
      )}
    </div>
  )
}
