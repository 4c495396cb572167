import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { createJob, JOBS, previewQuery } from '../api/bulk'
import { Refused } from '../api/client'
import { usePresence } from '../api/hooks'
import { flowQuery } from '../api/queries'
import { useMay } from '../api/role'
import { bulkBody, FIRST, type BulkChoices, type Preview } from '../model/bulk'
import { chipsOf, type Filters } from '../model/filters'
import { clockOf, count, many } from '../model/format'
import { Segno } from '../parts/marks'
import { Empty, Failure, Notice, Prose } from '../parts/pieces'
import { useDebounced } from '../replay/useDebounced'
import { BulkForm } from './BulkForm'
import { PreviewView } from './PreviewView'
import { useChosen } from './useChosen'
import '../styles/bulk.css'

/** How long nothing has to be typed before a preview is asked for, in milliseconds. */
const PAUSE = 300

/** Many runs again: what is asked of each, how fast, and what that will do. Nothing happens before it is submitted. */
export function NewJobPage() {
  const { run = [], ...filters } = useSearch({ from: '/bulk-replays/new' })
  const may = useMay('operator')
  useEffect(() => {
    document.title = 'Replay many runs · Dal Segno'
  }, [])
  if (!may) {
    return (
      <Empty title="Only an operator replays runs">
        <p className="soft">Who may look may not replay. An admin gives other roles.</p>
      </Empty>
    )
  }
  if (run.length === 0 && Object.keys(filters).length === 0) {
    return (
      <Empty title="Choose runs first">
        <p className="soft">Select some in the list of runs, or all that match a filter.</p>
        <Link className="btn" to="/runs" search={{ state: ['FAILED', 'KILLED'], fixed: false }}>
          Choose among the failed runs
        </Link>
      </Empty>
    )
  }
  return <Form named={run} filters={filters} />
}

function Form({ named, filters }: { named: string[]; filters: Filters }) {
  const chosen = useChosen(named, filters)
  const [choices, set] = useState<BulkChoices>(FIRST)
  const [flow, setFlow] = useState<string | null>(null)
  const fields = useQuery({ ...flowQuery(flow ?? ''), enabled: flow !== null }).data?.inputs
  const ids = chosen.runs.join(' ')
  const body = useMemo(() => bulkBody(chosen.runs, choices, fields), [ids, choices, fields]) // eslint-disable-line
  const settled = useDebounced(body, PAUSE)
  const found = useQuery(previewQuery(settled))
  const good = useRef<Preview | undefined>(undefined)
  if (found.data) good.current = found.data
  const preview = found.data ?? good.current
  const current = found.data !== undefined && !found.isPlaceholderData && settled === body
  const refused = found.error instanceof Refused ? found.error.problem : null
  // inputs are those of the flow, where there is one alone
  const only = preview?.revisions.every((each) => each.flow === preview.revisions[0]?.flow) ? (preview.revisions[0]?.flow ?? null) : null
  useEffect(() => setFlow(only), [only])
  if (chosen.error) return <Failure error={chosen.error} again={chosen.again} />
  return (
    <>
      <div className="head new-job">
        <nav className="crumbs" aria-label="Breadcrumb">
          <Link to="/bulk-replays">Bulk replays</Link>
        </nav>
        <div className="title">
          <h1>Replay {chosen.reading !== null ? 'many runs' : many(chosen.runs.length, 'run')}</h1>
          <Which chosen={chosen} filters={filters} />
        </div>
      </div>
      {chosen.reading === null && chosen.runs.length === 0 ? (
        <Empty title="No run matches">
          <Link className="btn" to="/runs" search={{}}>
            Choose others
          </Link>
        </Empty>
      ) : (
        <>
          <div className="sheet-body">
            <BulkForm choices={choices} change={(some) => set((before) => ({ ...before, ...some }))} flow={only} fields={fields ?? []} preview={preview} refused={refused} />
            <PreviewView preview={preview} drawing={chosen.reading !== null || found.isFetching || settled !== body} current={current} error={refused ? null : found.error} again={() => void found.refetch()} />
          </div>
          <Foot body={body} preview={preview} ready={current && refused === null && found.error === null} />
        </>
      )}
    </>
  )
}

/** Says which runs are meant: those that were selected, or those of a filter as of a moment. */
function Which({ chosen, filters }: { chosen: ReturnType<typeof useChosen>; filters: Filters }) {
  if (chosen.reading !== null) return <span className="muted" role="status">{`Reading, ${count(chosen.reading)} so far`}</span>
  if (chosen.at === null) return <span className="soft sm only-wide">selected on Runs</span>
  const { until: _, ...shown } = filters
  return (
    <span className="row sm soft wrap">
      <span>
        {chipsOf(shown)
          .map((chip) => `${chip.label.toLowerCase()} ${chip.value}`)
          .join(', ') || 'all runs'}
        {shown.text && `, with “${shown.text}”`}, as of {clockOf(chosen.at).slice(0, 8)}
        {chosen.more !== null && `; the newest ${count(chosen.more)}, more match`}
      </span>
      <button type="button" className="as-link" onClick={chosen.again}>
        Read again
      </button>
    </span>
  )
}

function Foot({ body, preview, ready }: { body: ReturnType<typeof bulkBody>; preview: Preview | undefined; ready: boolean }) {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const navigate = useNavigate()
  const [sending, setSending] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  // sent again after a broken connection, it is still one job
  const key = useRef('')
  const replays = preview?.replays ?? 0
  const can = ready && replays > 0 && !sending && !away
  const submit = async () => {
    if (!can || preview === undefined) return
    setSending(true)
    setFailure(null)
    key.current ||= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    try {
      // what was shown is what is done
      const job = await createJob({ ...body, runs: preview.runs }, key.current)
      void client.invalidateQueries({ queryKey: JOBS })
      void navigate({ to: '/bulk-replays/$job', params: { job: job.name }, search: {} })
    } catch (error) {
      setSending(false)
      if (error instanceof Refused) key.current = ''
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }
  const submits = useRef(submit)
  submits.current = submit
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submits.current()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
  return (
    <footer className="sheet-foot">
      {failure && (
        <Notice look="failed" role="alert">
          <Prose text={failure} />
        </Notice>
      )}
      <span className="grow" />
      <Link className="btn only-wide" to="/runs" search={{}}>
        Cancel
      </Link>
      <button type="button" className="btn primary" disabled={!can} onClick={() => void submit()}>
        <Segno />
        {replays === 0 ? 'Nothing to replay' : wordsOf(replays, body.pace?.canary ?? 0)}
        <span className="kbd only-wide">Ctrl ↵</span>
      </button>
    </footer>
  )
}

const wordsOf = (replays: number, canary: number): string =>
  canary > 0 && canary < replays ? `Replay ${count(canary)} of ${count(replays)} first` : `Replay ${many(replays, 'run')}`
