import { Modal } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Run } from '../api/queries'
import { count, many } from '../model/format'
import { hasEnded } from '../model/looks'
import { Notice, Prose } from '../parts/pieces'
import { deleting, killing, labelling, type Change } from './changes'
import { Labels, type Labelling } from './Labels'
import { useChanging } from './useChanging'

export type Act = 'kill' | 'label' | 'delete'

interface Props {
  act: Act
  runs: readonly Run[]
  /** Called when it is closed, with the runs that were refused; nothing if nothing was done. */
  onClose: (refused: Run[] | null) => void
}

/** Asks before something is done to many runs, does it, and tells what was refused and why. */
export function Acting({ act, runs, onClose }: Props) {
  const changing = useChanging()
  const { progress } = changing
  const close = () => {
    changing.stop()
    onClose(progress && progress.refused.map((each) => each.run))
  }
  const words = { kill: 'Kill', label: 'Label', delete: 'Delete' }[act]
  return (
    <Modal opened onClose={close} title={`${words} ${many(runs.length, 'run')}`} closeButtonProps={{ 'aria-label': 'Close' }} size="lg">
      <div className="acting">
        {progress ? <Going progress={progress} word={words} stop={changing.stop} close={close} /> : <Asking act={act} runs={runs} start={(some, change) => void changing.start(some, change)} close={close} />}
      </div>
    </Modal>
  )
}

interface AskingProps {
  act: Act
  runs: readonly Run[]
  start: (runs: readonly Run[], change: Change) => void
  close: () => void
}

function Asking({ act, runs, start, close }: AskingProps) {
  const live = runs.filter((run) => !hasEnded(run.state))
  const [labels, setLabels] = useState<Labelling>({ add: [['', '']], remove: [] })
  const added = Object.fromEntries(labels.add.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value]))
  if (act === 'kill') {
    const over = runs.length - live.length
    return (
      <Question runs={live} close={close} danger word={`Kill ${count(live.length)}`} start={() => start(live, killing)}>
        <p>What is executed now is stopped; what has ended in them stays.</p>
        {over > 0 && <p className="soft">{many(over, 'run has', 'runs have')} ended, and {over === 1 ? 'is' : 'are'} left alone.</p>}
      </Question>
    )
  }
  if (act === 'delete') {
    return (
      <Question runs={runs} close={close} danger word={`Delete ${count(runs.length)}`} start={() => start(runs, deleting)}>
        <p>They are hidden from all lists, and cannot be replayed any more. What other runs reuse of them stays.</p>
        {live.length > 0 && (
          <Notice look="warning">
            <span className="strong">{many(live.length, 'run has', 'runs have')} not ended,</span> and will be refused.
          </Notice>
        )}
      </Question>
    )
  }
  const nothing = Object.keys(added).length === 0 && labels.remove.length === 0
  return (
    <Question runs={runs} close={close} word={`Label ${count(runs.length)}`} disabled={nothing} start={() => start(runs, labelling(added, labels.remove))}>
      <Labels runs={runs} value={labels} change={setLabels} />
    </Question>
  )
}

interface QuestionProps {
  runs: readonly Run[]
  word: string
  danger?: boolean
  disabled?: boolean
  start: () => void
  close: () => void
  children: ReactNode
}

function Question({ runs, word, danger, disabled, start, close, children }: QuestionProps) {
  return (
    <form
      className="acting"
      onSubmit={(event) => {
        event.preventDefault()
        start()
      }}
    >
      {children}
      <p className="names" tabIndex={0} role="group" aria-label="The runs">
        {runs.slice(0, 200).map((run) => run.name).join(', ')}
        {runs.length > 200 && ` and ${many(runs.length - 200, 'other')}`}
      </p>
      <div className="foot">
        <button type="button" className="btn" onClick={close}>
          Cancel
        </button>
        <button type="submit" className={danger ? 'btn danger' : 'btn primary'} disabled={disabled || runs.length === 0} data-autofocus={danger ? undefined : true}>
          {word}
        </button>
      </div>
    </form>
  )
}

interface GoingProps {
  progress: NonNullable<ReturnType<typeof useChanging>['progress']>
  word: string
  stop: () => void
  close: () => void
}

function Going({ progress, word, stop, close }: GoingProps) {
  const { total, done, refused, ended } = progress
  const went = done - refused.length
  const share = (part: number) => ({ '--w': `${(100 * part) / Math.max(1, total)}%` }) as React.CSSProperties
  return (
    <>
      <p role="status">
        <b className="strong">
          {count(went)} of {count(total)}
        </b>{' '}
        {ended ? 'done' : `${word.toLowerCase()}: going on`}
        {refused.length > 0 && `, ${count(refused.length)} refused`}
        {ended && done < total && `, ${count(total - done)} not begun`}
      </p>
      <span className="meter" aria-hidden>
        <i data-state="success" style={share(went)} />
        <i data-state="failed" style={share(refused.length)} />
      </span>
      {refused.length > 0 && (
        <ul className="refused-runs" aria-label="Refused" tabIndex={0}>
          {refused.map(({ run, why }) => (
            <li key={run.id}>
              <b className="strong">{run.name}</b> <Prose text={why} />
            </li>
          ))}
        </ul>
      )}
      <div className="foot">
        {ended ? (
          <button type="button" className="btn primary" onClick={close} autoFocus>
            {refused.length > 0 ? `Close, and keep the ${count(refused.length)} selected` : 'Close'}
          </button>
        ) : (
          <button type="button" className="btn" onClick={stop}>
            Stop here
          </button>
        )}
      </div>
    </>
  )
}
