import { Modal } from '@mantine/core'

const KEYS: readonly [string, string][] = [
  ['g h', 'Home'],
  ['g r', 'Runs'],
  ['g f', 'Flows'],
  ['/', 'Search or filter of this page'],
  ['↓ ↑ or j k', 'Next, previous row'],
  ['← →', 'Fold, unfold'],
  ['Enter', 'Open the row'],
  ['Esc', 'Close what is open'],
  ['e', 'Next failed task'],
  ['[ ]', 'Previous, next task in the panel'],
  ['l', 'Log of the task'],
  ['r', 'Replay the task, or the run'],
  ['f', 'Fix and replay'],
  ['c', 'Compare the run; in a tree, copy the path'],
  ['Ctrl Enter', 'Submit the replay'],
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
