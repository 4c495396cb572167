import { useMemo, useRef, useState, type ReactNode } from 'react'
import { usePresence } from '../api/hooks'
import { Editor, type EditorHandle } from '../edit/Editor'
import type { Checked } from '../edit/problems'
import { Graph } from '../graph/Graph'
import { compareTexts } from '../model/diff'
import { errorMarks, taskAtLine } from '../model/draftmarks'
import { many } from '../model/format'
import { tasksOf } from '../model/flowtext'
import { treeOf } from '../model/yamltree'
import { Mark } from '../parts/marks'
import { Prose, Segments } from '../parts/pieces'
import { useSmall } from '../run/useSmall'
import type { Draft } from './draft'
import { TypeDocs } from './TypeDocs'
import { TypeList } from './TypeList'

interface Props {
  /** What the text is called. */
  name: string
  draft: Draft
  set: (draft: Draft) => void
  /** The line that is shown at first. */
  line: number | null
  /** What is said of the draft beside its name. */
  notes?: ReactNode
  onSubmit: () => void
}

/** A text and its picture beside it, as it is written: what is wrong stands at its place in both. */
export function EditorPane({ name, draft, set, line, notes, onSubmit }: Props) {
  const small = useSmall()
  const away = usePresence() === 'away'
  const [checked, setChecked] = useState<Checked | null>(null)
  const [picture, setPicture] = useState<Checked['graph']>(null)
  const [cursor, setCursor] = useState(line ?? 1)
  const [aside, setAside] = useState<'graph' | 'types'>('graph')
  const handle = useRef<EditorHandle | null>(null)
  const changed = useMemo(() => compareTexts(draft.source, draft.text).filter((each) => each.kind === 'add' || each.kind === 'del').length, [draft])
  const tasks = useMemo(() => tasksOf(treeOf(draft.text)), [draft.text])
  const problems = checked?.problems ?? []
  const marks = useMemo(() => errorMarks(checked?.problems ?? [], draft.text, tasks), [checked, draft.text, tasks])
  const here = taskAtLine(draft.text, tasks, cursor)
  const graph = useMemo(() => ({ nodes: picture?.nodes ?? [], edges: picture?.edges ?? [] }), [picture])
  const show = (task: string) => {
    const found = picture?.nodes.find((each) => each.id === task)
    if (found?.line) handle.current?.show(found.line)
  }
  const first = problems[0]
  return (
    <div className="flow-editor">
      <div className="flow-text">
        <div className="code-head">
          <span className="mono sm cut">{name}</span>
          {changed > 0 && draft.revision > 0 && <span className="tag">draft, {many(changed, 'line')} changed</span>}
          {notes}
          <span className="grow" />
          <Verdict checked={checked} away={away} />
        </div>
        <Editor
          text={draft.text}
          line={line}
          label="Text of the flow"
          handle={(given) => {
            handle.current = given
          }}
          onChange={(text) => set({ ...draft, text })}
          onChecked={(found) => {
            setChecked(found)
            // a text that cannot be read has none: the last one stays
            if (found.graph) setPicture(found.graph)
          }}
          onLine={setCursor}
          onSubmit={onSubmit}
        />
        {!first && (
          <p className="problem-foot muted sm">
            <span className="grow" />
            <span className="only-wide">
              <span className="kbd">Ctrl Space</span> what may be written
            </span>
          </p>
        )}
        {first && (
          <button type="button" className="problem-foot" data-state={first.severity === 'error' ? 'failed' : 'warning'} onClick={() => handle.current?.show(first.line ?? 1)}>
            <Mark look={first.severity === 'error' ? 'failed' : 'warning'} />
            <span className="mono sm">
              {first.line}:{first.column}
            </span>
            <span className="cut grow">
              <Prose text={first.message} />
            </span>
            <span className="muted sm only-wide">
              <span className="kbd">F8</span> next problem
            </span>
          </button>
        )}
      </div>
      <div className="flow-aside">
        <div className="code-head">
          <h2>{aside === 'graph' ? 'Graph' : 'Task types'}</h2>
          {aside === 'graph' && <span className="muted sm only-wide">of the draft, follows the cursor</span>}
          <span className="grow" />
          <Segments
            label="Beside the text"
            value={aside}
            onChange={setAside}
            choices={[
              { value: 'graph', label: 'Graph' },
              { value: 'types', label: 'Task types' },
            ]}
          />
        </div>
        {aside === 'types' ? (
          <TypeList />
        ) : (
          <>
            {graph.nodes.length > 0 ? (
              <Graph graph={graph} marks={marks} selected={here?.id ?? null} onSelect={show} label="Tasks of the draft" does="Goes to its text" />
            ) : (
              <div className="dag empty-picture">
                <p className="muted">{checked === null ? '' : 'Its tasks are drawn here as they are written.'}</p>
              </div>
            )}
            {!small && here?.type && <TypeDocs type={here.type} />}
          </>
        )}
      </div>
    </div>
  )
}

function Verdict({ checked, away }: { checked: Checked | null; away: boolean }) {
  if (away) return <span className="muted sm">not checked: the server does not answer</span>
  if (checked === null) return null
  const errors = checked.problems.filter((each) => each.severity === 'error').length
  const others = checked.problems.filter((each) => each.severity === 'warning').length
  return (
    <span className="row sm nowrap" role="status">
      {errors > 0 && (
        <span className="state" data-state="failed">
          <Mark look="failed" />
          {many(errors, 'error')}
        </span>
      )}
      {others > 0 && (
        <span className="state" data-state="warning">
          <Mark look="warning" />
          {many(others, 'warning')}
        </span>
      )}
      {errors + others === 0 && (
        <span className="state" data-state="success">
          <Mark look="success" />
          no problem
        </span>
      )}
    </span>
  )
}
