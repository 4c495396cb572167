import type { ReactNode } from 'react'
import type { Preview } from '../model/bulk'
import { count, duration, many } from '../model/format'
import type { Look } from '../model/looks'
import { Mark } from '../parts/marks'
import { Failure, Prose, Skeleton } from '../parts/pieces'

interface Props {
  preview: Preview | undefined
  drawing: boolean
  /** Whether what is shown is the preview of what is chosen. */
  current: boolean
  error: Error | null
  again: () => void
}

/** What a bulk replay would do: all its plans taken together. */
export function PreviewView({ preview, drawing, current, error, again }: Props) {
  return (
    <section className="sheet-plan" aria-label="Preview" aria-busy={drawing}>
      <div className={drawing ? 'drawing on' : 'drawing'} />
      {error && preview === undefined ? <Failure error={error} again={again} /> : preview === undefined ? <Skeleton rows={6} /> : <Shown preview={preview} dimmed={!current && !drawing} />}
    </section>
  )
}

function Shown({ preview, dimmed }: { preview: Preview; dimmed: boolean }) {
  const { tasks } = preview
  return (
    <div className={dimmed ? 'preview dimmed' : 'preview'} role="group" aria-label="What it would do" tabIndex={0}>
      <dl className="tallies" aria-live="polite">
        <Tally word={preview.replays === 1 ? 'Replay' : 'Replays'} value={count(preview.replays)} />
        <Tally look="run" word="Tasks that run" value={count(tasks.run)} />
        <Tally look="reused" word="Reused" value={count(tasks.reused)} />
        {tasks.pinned > 0 && <Tally look="pinned" word="Pinned" value={count(tasks.pinned)} />}
        {tasks.checked > 0 && <Tally look="queued" word="Decided at their turn" value={count(tasks.checked)} />}
        {preview.seconds !== null && <Tally word="Takes about" value={duration(preview.seconds)} />}
      </dl>
      <Said title="Refused" look="failed" said={preview.refusals} />
      <Said title="Left out" look="skipped" said={preview.skipped} />
      <Said title="To know" look="warning" said={preview.warnings} />
      {preview.revisions.length > 0 && (
        <section>
          <h2>On which revision</h2>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Flow</th>
                <th scope="col" className="num">
                  Revision
                </th>
                <th scope="col" className="num">
                  Replays
                </th>
              </tr>
            </thead>
            <tbody>
              {preview.revisions.map((each) => (
                <tr key={`${each.flow} ${each.revision}`}>
                  <td className="cut">{each.flow}</td>
                  <td className="num">{each.revision}</td>
                  <td className="num">{count(each.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {preview.work_s !== null && <p className="sm muted">{`By earlier runs the tasks that run take ${duration(preview.work_s)}, one after the other.`}</p>}
    </div>
  )
}

function Tally({ look, word, value }: { look?: Look; word: string; value: string }) {
  return (
    <div>
      <dt className="xs muted row">
        {look && <Mark look={look} />}
        {word}
      </dt>
      <dd className="strong">{value}</dd>
    </div>
  )
}

/** What plans say alike of several runs, each kind once, with the first of them. */
function Said({ title, look, said }: { title: string; look: Look; said: Preview['refusals'] }): ReactNode {
  if (said.length === 0) return null
  return (
    <section data-state={look}>
      <h2 className="row">
        <Mark look={look} />
        {title}
        <span className="count">{many(said.reduce((sum, each) => sum + each.count, 0), 'run')}</span>
      </h2>
      <ul className="said-list">
        {said.map((each) => (
          <li key={each.code + each.message}>
            <span className="num strong">{count(each.count)}</span>
            <span>
              <Prose text={each.message} />
              {each.count > 1 && !each.message.includes(each.example) && <span className="muted">{`, such as ${each.example}`}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
