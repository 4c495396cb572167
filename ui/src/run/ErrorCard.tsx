import type { TaskRun } from '../api/queries'
import { Icon } from '../parts/marks'
import { Prose } from '../parts/pieces'
import { CopyExplanation } from './CopyExplanation'
import { TraceView } from './Trace'
import type { Loaded } from './useRun'

/** The error of a task: what happened, the property that it is about, what to do next, and where it stands. */
export function ErrorCard({ error, task, loaded }: { error: Record<string, unknown>; task: TaskRun; loaded: Loaded }) {
  const message = String(error.message ?? '')
  const hint = error.hint ? String(error.hint) : null
  const details = (error.details ?? {}) as Record<string, unknown>
  const setting = typeof details.setting === 'string' ? details.setting : null
  const trace = traceOf(details)
  const line = loaded.flow?.lines.get(task.task)
  return (
    <section className="sect">
      <div className="error">
        <div className="error-msg">
          <b className="strong">
            <Prose text={message} />
          </b>
        </div>
        {setting !== null && setting in task.properties && (
          <div className="code" role="group" aria-label="The property at fault">
            <div className="ln hl">
              <span />
              <span className="cut">
                <span className="k">{setting}</span>: <u className="err st">{JSON.stringify(task.properties[setting])}</u>
              </span>
            </div>
          </div>
        )}
        {hint && (
          <div className="hint">
            <Icon name="bulb" />
            <span className="grow">
              <Prose text={hint} />
            </span>
          </div>
        )}
        {(line || loaded.head) && (
          <div className="hint sm centre">
            <span className="muted">
              {line ? `Line ${line} of revision ${loaded.head?.revision}` : `Revision ${loaded.head?.revision}`}
              {error.code ? (
                <>
                  {' '}
                  · <code>{String(error.code)}</code>
                </>
              ) : null}
            </span>
            <span className="grow" />
            {loaded.head && <CopyExplanation run={loaded.head.id} />}
          </div>
        )}
        {trace && <TraceView text={trace} />}
      </div>
    </section>
  )
}

/** What an error kept of where it came from: a traceback, or what a script wrote last. */
function traceOf(details: Record<string, unknown>): string | null {
  for (const name of ['traceback', 'stderr']) {
    const found = details[name]
    const text = Array.isArray(found) ? found.join('\n') : typeof found === 'string' ? found : ''
    if (text.trim() !== '') return text
  }
  return null
}
