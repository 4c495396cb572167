import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { flowQuery, revisionsQuery, textQuery } from '../api/queries'
import { Graph } from '../graph/Graph'
import { CodeText } from '../parts/code'
import { Failure, Segments, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { flowRoute } from '../router'
import { stepsQuery } from './queries'
import { useFlowSearch } from './useFlowSearch'

/** A pipeline in Python at a revision: its graph, and each step as it is written. It is changed where it was written. */
export function CodeTab() {
  const { flow } = flowRoute.useParams()
  const [{ task, a, view }, change] = useFlowSearch()
  const revisions = useQuery(revisionsQuery(flow)).data ?? []
  const latest = revisions[0]?.revision ?? 1
  const number = revisions.some((each) => String(each.revision) === a) ? Number(a) : latest
  const found = useQuery({ ...flowQuery(flow, number), enabled: revisions.length > 0 })
  const steps = useQuery({ ...stepsQuery(flow, number), enabled: revisions.length > 0 })
  const graph = useMemo(() => ({ nodes: found.data?.nodes ?? [], edges: found.data?.edges ?? [] }), [found.data])
  const go = (next: Parameters<typeof change>[0]) => change(next, { replace: true })
  if (steps.error && !steps.data) return <Failure error={steps.error} again={() => void steps.refetch()} />
  if (!found.data || !steps.data) return <Skeleton />
  const shown = steps.data.find((each) => each.task === task) ?? steps.data[0]
  const whole = view === 'whole' || shown === undefined
  const chosen = revisions.find((each) => each.revision === number)
  return (
    <div className="flow-editor">
      <div className="flow-text">
        <div className="toolbar">
          <select className="field other" aria-label="Revision" value={number} onChange={(event) => go({ a: Number(event.target.value) === latest ? undefined : event.target.value })}>
            {revisions.map((each) => (
              <option key={each.revision} value={each.revision}>
                Revision {each.revision}
                {each.revision === latest ? ', latest' : ''}
              </option>
            ))}
          </select>
          {chosen && (
            <span className="muted sm only-wide">
              <Moment at={chosen.created} />
            </span>
          )}
          <span className="grow" />
          <Segments
            label="What of the code"
            value={whole ? 'whole' : 'step'}
            choices={[
              { value: 'step', label: shown ? `Step ${shown.task}` : 'Step', disabled: shown === undefined },
              { value: 'whole', label: 'All modules' },
            ]}
            onChange={(value) => go({ view: value === 'whole' ? 'whole' : undefined })}
          />
        </div>
        {whole ? <Whole flow={flow} revision={number} /> : <Step step={shown} />}
      </div>
      <div className="flow-aside">
        <Graph graph={graph} selected={whole ? null : (shown?.task ?? null)} onSelect={(id) => go({ task: id, view: undefined })} label="Steps of the pipeline" does="Shows its code" />
        <p className="foot-note muted sm">
          Read-only: its code is written where it was deployed from, in <code>{chosen?.code}</code>.
        </p>
      </div>
    </div>
  )
}

function Step({ step }: { step: { task: string; function: string; file: string | null; line: number | null; text: string | null } }) {
  return (
    <>
      <div className="code-head">
        <code>{step.function}</code>
        {step.file !== null && (
          <span className="muted sm">
            {step.file}, line {step.line}
          </span>
        )}
      </div>
      {step.text === null ? (
        <div className="empty">
          <h2>Its source is not known</h2>
          <p>It was written where no file is kept, such as at a prompt, or is built at run time.</p>
        </div>
      ) : (
        <CodeText text={step.text} label={`Code of ${step.task}`} python first={step.line ?? 1} />
      )}
    </>
  )
}

function Whole({ flow, revision }: { flow: string; revision: number }) {
  const text = useQuery(textQuery(flow, revision))
  if (text.error && text.data === undefined) return <Failure error={text.error} again={() => void text.refetch()} />
  if (text.data === undefined) return <Skeleton />
  return <CodeText text={text.data} label="Code of the pipeline" python />
}
