import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { codeQuery, drawnQuery, explanationOf, taskRunQuery, type Run, type TaskRun } from '../api/queries'
import { compareTexts } from '../model/diff'
import type { FlowGraph } from '../model/graph'
import { lineOf } from '../model/lines'
import { many } from '../model/format'
import { copy } from '../parts/copy'
import { RunCrumbs } from '../parts/crumbs'
import { For } from '../parts/For'
import { Segno } from '../parts/marks'
import { usePageActions } from '../parts/pageactions'
import { Difference } from '../parts/Difference'
import { Empty, Failure, Notice, Prose, Skeleton, StateBadge } from '../parts/pieces'
import { PlanView } from '../replay/PlanView'
import { beginning, useChoices, useGroups, usePlan } from '../replay/useRequest'
import { useDebounced } from '../replay/useDebounced'
import { useSubmit } from '../replay/useSubmit'
import { fixRoute } from '../router'
import { ErrorCard } from '../run/ErrorCard'
import { useRun, type Loaded } from '../run/useRun'
import { Editor } from '../edit/Editor'

/** What failed, the text at the place that failed, what was changed in it, and what a replay would do with that. */
export function FixPage() {
  const { run } = fixRoute.useParams()
  const { task } = fixRoute.useSearch()
  const loaded = useRun(run)
  const { head, latest } = loaded
  const address = task ?? (head?.error?.address ? String(head.error.address) : undefined)
  const found = useQuery({ ...taskRunQuery(run, address ?? ''), enabled: address !== undefined })
  useEffect(() => {
    if (head) document.title = `Fix ${head.name} · Dal Segno`
  }, [head])
  const code = useQuery(codeQuery(run)).data
  if (code) {
    return (
      <Empty title="This run is of a pipeline in Python">
        <p>
          Its code is fixed where it was written: <code>{code}</code>. Then <code>dalsegno replay {head?.name} --changed</code> there, or deploy it and replay here.
        </p>
        <Link className="btn" to="/runs/$run" params={{ run }} search={{}}>
          Back to the run
        </Link>
      </Empty>
    )
  }
  if (loaded.error && !head) return <Failure error={loaded.error} again={loaded.again} />
  if (!head || !latest?.source || (address !== undefined && found.isPending)) return <Skeleton />
  return <Fix key={head.id} loaded={loaded} head={head} source={latest.source} revision={latest.revision} address={address} task={found.data} />
}

interface Props {
  loaded: Loaded
  head: Run
  source: string
  revision: number
  address: string | undefined
  task: TaskRun | undefined
}

function Fix({ loaded, head, source, revision, address, task }: Props) {
  const [base] = useState({ source, revision })
  const [text, setText] = useState(source)
  const [choices, change] = useChoices(beginning(head, address === undefined ? [] : [address], revision))
  const drawn = usePlan(head, choices, text)
  const groups = useGroups(loaded)
  const [settled, setSettled] = useState<FlowGraph | null>(null)
  const drafted = useQuery({ ...drawnQuery(useDebounced(text, 300)), enabled: text !== base.source }).data
  // while a text cannot be read, the picture is that of the last one that could
  if (drafted && drafted !== settled) setSettled(drafted)
  const graph = text === base.source ? loaded.latest : (drafted ?? settled ?? loaded.latest)
  const { submit, ready, failure, moved, words, clear } = useSubmit(head, choices, drawn, groups)
  const setting = (task?.error?.details as Record<string, unknown> | undefined)?.setting
  const line = useMemo(() => lineOf(source, task?.task ?? null, typeof setting === 'string' ? setting : null), [source, task, setting])
  const changes = useMemo(() => compareTexts(base.source, text), [base, text])
  const changed = changes.filter((each) => each.kind === 'add').length + changes.filter((each) => each.kind === 'del').length
  const navigate = useNavigate()
  usePageActions(
    useMemo(
      () => [
        { label: `Back to ${head.name}`, run: () => void navigate({ to: '/runs/$run', params: { run: head.id }, search: address === undefined ? {} : { task: address } }) },
        { label: 'Copy for an assistant', run: () => void explanationOf(head.id).then(copy) },
        { label: `Edit ${head.flow} on its own page`, run: () => void navigate({ to: '/flows/$flow/editor', params: { flow: `${head.namespace}.${head.flow}` }, search: {} }) },
      ],
      [head.id, head.name, head.flow, head.namespace, address, navigate],
    ),
  )
  const edit = (next: string) => {
    clear()
    setText(next)
  }
  return (
    <>
      <div className="head fix-head">
        <RunCrumbs run={head}>
          <Link to="/runs/$run" params={{ run: head.id }} search={{}}>
            {head.name}
          </Link>
        </RunCrumbs>
        <div className="title">
          <h1>Fix and replay</h1>
          <StateBadge state={head.state} />
          {address && <code className="cut only-wide">{address}</code>}
          <div className="actions">
            <Link className="btn back" to="/runs/$run" params={{ run: head.id }} search={address === undefined ? {} : { task: address }}>
              Back to the run
            </Link>
          </div>
        </div>
      </div>
      <div className="fix">
        <div className="fix-text">
          {task?.error && <ErrorCard error={task.error} task={task} loaded={loaded} />}
          <div className="row fix-bar">
            <h2>Draft of revision {base.revision + (changed > 0 ? 1 : 0)}</h2>
            {changed === 0 && base.revision > head.revision && <span className="muted sm">newer than the one that failed</span>}
            {changed > 0 && <span className="tag">{many(changed, 'line')} changed</span>}
            {revision > base.revision && <span className="tag" data-state="warning">revision {revision} was saved meanwhile</span>}
          </div>
          <Editor text={base.source} line={line} label="Text of the flow" onChange={edit} />
          {changed > 0 && (
            <div className="fix-diff">
              <div className="row fix-bar">
                <h2>Difference to revision {base.revision}</h2>
              </div>
              <Difference before={base.source} after={text} view="inline" />
            </div>
          )}
        </div>
        <div className="fix-plan">
          {drawn.problems.length > 0 ? (
            <div className="notices" role="group" aria-label="What is wrong with the text">
              {drawn.problems.map((each) => (
                <Notice key={`${each.line}:${each.column}:${each.message}`} look="failed" role="alert">
                  Line {each.line}: <Prose text={each.message} />
                </Notice>
              ))}
            </div>
          ) : (
            <PlanView drawn={drawn} groups={groups} choices={choices} change={change} loaded={loaded} moved={moved} failure={failure} graph={graph} everything />
          )}
          <div className="fs last fix-why">
            <label htmlFor="why">Reason</label>
            <div className="field">
              <input id="why" value={choices.reason} maxLength={500} onChange={(event) => change({ reason: event.target.value })} />
            </div>
          </div>
          <footer className="sheet-foot">
            <span className="grow" />
            <For role="editor">
              <button type="button" className="btn primary" disabled={!ready} onClick={submit}>
                <Segno />
                {changed > 0 ? `Save and ${words.charAt(0).toLowerCase()}${words.slice(1)}` : words}
              </button>
            </For>
          </footer>
        </div>
      </div>
    </>
  )
}
