import { Handle, Position, type Node, type NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { many } from '../model/format'
import { handlersWord } from '../model/graph'
import type { GraphMark } from '../model/graphmarks'
import { wordOf, type Look } from '../model/looks'
import type { Box } from '../model/scene'
import { Icon, Mark, Segno } from '../parts/marks'

export type BoxData = {
  box: Box
  mark: GraphMark | undefined
  selected: boolean
  /** Whether the keyboard comes to it first. */
  reached: boolean
  onSelect: ((id: string) => void) | undefined
  onFold: (id: string) => void
  does: string | undefined
}

/** A task in the picture, or what holds tasks. */
export const BoxNode = memo(function BoxNode({ data }: NodeProps<Node<BoxData>>) {
  const { box, mark, selected, reached, onSelect, onFold, does } = data
  const holds = box.place.children.length > 0
  const label = box.place.handles === null ? box.id : handlersWord(box.place.handles)
  const line = lineOf(box, mark)
  const word = mark && !line.startsWith(mark.word.toLowerCase()) ? mark.word.toLowerCase() : ''
  const more = [word, holds && !box.open ? 'folded' : '', mark?.start ? 'start' : '', mark?.stop ? 'breakpoint' : ''].filter(Boolean).join(', ')
  const chooses = box.place.node !== null && onSelect !== undefined
  const choose = () => (chooses ? onSelect?.(box.id) : holds && onFold(box.id))
  const classes = ['node', holds && 'holds', box.open && 'open', box.place.handles !== null && 'handlers', selected && 'selected', mark === undefined && 'plain']
  return (
    <div className={classes.filter(Boolean).join(' ')} data-state={mark?.look} data-box={box.id}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        className="node-name"
        data-node={box.id}
        tabIndex={reached ? 0 : -1}
        aria-pressed={chooses ? selected : undefined}
        aria-expanded={holds ? box.open : undefined}
        title={[box.id, line, chooses && does ? does : '', holds ? 'Space folds it' : ''].filter(Boolean).join('\n')}
        onClick={choose}
        onKeyDown={(event) => {
          if (event.key !== ' ' || !holds) return
          event.preventDefault()
          onFold(box.id)
        }}
      >
        {mark ? <Mark look={mark.look} /> : <i className={box.place.handles === null ? 'dot' : undefined} />}
        <span className={box.place.handles === null ? 'mono cut' : 'cut'}>{label}</span>
        <small className="cut">{line}</small>
        {more && <span className="vh">, {more}</span>}
      </button>
      {holds && (
        <button type="button" className="node-fold" tabIndex={-1} aria-label={`${box.open ? 'Fold' : 'Unfold'} ${label}`} onClick={() => onFold(box.id)}>
          <Icon name={box.open ? 'chevron-up' : 'chevron-down'} size={14} />
        </button>
      )}
      {mark?.share && mark.share.size > 1 && <Share share={mark.share} />}
      {mark?.start && (
        <span className="pip">
          <Segno size={12} />
        </span>
      )}
      {mark?.stop && (
        <span className="pip stop">
          <Mark look="paused" size={16} />
        </span>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
})

function lineOf(box: Box, mark: GraphMark | undefined): string {
  const { node } = box.place
  const branch = node?.branch ? `${node.branch} · ` : ''
  if (mark) return branch + (mark.line ?? mark.word.toLowerCase())
  if (box.count > 0 && !box.open) return branch + many(box.count, 'task')
  return branch + (node?.type.split('.').slice(-2).join('.') ?? '')
}

const ORDER: readonly Look[] = ['reused', 'pinned', 'success', 'warning', 'killed', 'failed', 'running', 'paused', 'run', 'queued', 'skipped', 'drop']

function Share({ share }: { share: ReadonlyMap<Look, number> }) {
  const all = [...share.values()].reduce((sum, each) => sum + each, 0)
  return (
    <span className="node-share" aria-hidden>
      {ORDER.filter((look) => share.has(look)).map((look) => (
        <i key={look} data-state={look} title={wordOf(look)} style={{ width: `${(100 * (share.get(look) ?? 0)) / all}%` }} />
      ))}
    </span>
  )
}
