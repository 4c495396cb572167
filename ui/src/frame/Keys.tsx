import { Modal } from '@mantine/core'

const KEYS: readonly [string, string][] = [
  ['Ctrl K', 'Search, or run a command'],
  ['g h', 'Home'],
  ['g r', 'Runs'],
  ['g f', 'Flows'],
  ['g b', 'Bulk replays'],
  ['g s', 'Settings'],
  ['/', 'Search or filter of this page'],
  ['↓ ↑ or j k', 'Next, previous row'],
  ['← →', 'Fold, unfold'],
  ['Enter', 'Open the row'],
  ['x, Shift x', 'Select the run, all up to here'],
  ['↓ ↑ ← → Space', 'In the graph: to the next task, fold a group'],
  ['Esc', 'Close what is open'],
  ['e', 'Next failed task'],
  ['[ ]', 'Previous, next task in the panel'],
  ['l', 'Log of the task'],
  ['r', 'Replay the task, or the run'],
  ['f', 'Fix and replay'],
  ['c', 'Compare the run; in a tree, copy the path'],
  ['Ctrl Enter', 'Submit what is open: a replay, a run, a save'],
  ['x', 'Run the flow'],
  ['n p', 'Next, previous change of a difference'],
  ['Ctrl Space', 'Editor: what may be written'],
  ['F8', 'Editor: next problem'],
  ['Ctrl .', 'Editor: take the proposal'],
  ['Ctrl S', 'Editor: see the difference, and save'],
  ['?', 'These keys'],
]

/** All keys, in a dialog. */
export function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keys" closeButtonProps={{ 'aria-label': 'Close' }}>
    <dl className="keys">
      {KEYS.map(([key, does]) => (
        <div key={key}>
          <dt>
            <span className="kbd">{key}</span>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    </Modal>
  )
}
