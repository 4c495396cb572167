import { Menu } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { allRows, JOBS, jobQuery, tell, type Said } from '../api/bulk'
import { useNow, usePresence } from '../api/hooks'
import { useMay } from '../api/role'
import { asCsv, doneOf, JOB, jobEnded, jobMoves, paceWords, requestWords, RESULTS, restWords, speedOf, type BulkJob } from '../model/bulk'
import { count, many } from '../model/format'
import { Icon, Mark } from '../parts/marks'
import { Failure, Notice, Prose, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { Meter } from './Meter'
import { Results } from './Results'
import { Steps } from './Steps'
import '../styles/bulk.css'

/** One bulk replay: how far it has come, what a person can say to it, and what has become of each run. */
export function JobPage() {
  const { job: name } = useParams({ from: '/bulk-replays/$job' })
  const found = useQuery(jobQuery(name))
  const job = found.data
  useEffect(() => {
    document.title = `${name} · Dal Segno`
  }, [name])
  if (found.error && job === undefined) return <Failure error={found.error} again={() => void found.refetch()} />
  if (job === undefined) return <Skeleton />
  return (
    <>
      <Head job={job} />
      <div className="job">
        <Steps job={job} />
        <section className="block results" aria-label="Results">
          <Progress job={job} />
          <Results job={job} />
        </section>
      </div>
    </>
  )
}

function Head({ job }: { job: BulkJob }) {
  const { look, word } = JOB[job.state]
  const { request, pace } = job
  const now = useNow(jobMoves(job))
  const rest = restWords(job, now)
  const acknowledged = (request.acknowledge as string[] | undefined) ?? []
  return (
    <div className="head job-head">
      <nav className="crumbs" aria-label="Breadcrumb">
        <Link to="/bulk-replays">Bulk replays</Link>
      </nav>
      <div className="title">
        <h1 className="cut">{job.name}</h1>
        <span className="badge" data-state={look}>
          <Mark look={look} />
          {word}
        </span>
        <span className="soft sm only-wide">
          {many(job.total, 'run')}, made <Moment at={job.created} />
          {job.author && ` by ${job.author}`}
        </span>
        <Actions job={job} />
      </div>
      <dl className="facts">
        <Fact label="Request">{requestWords(request, job.first_failed)}</Fact>
        <Fact label="Tasks with outside effects">{request.effects === 'reuse' ? 'reuse' : acknowledged.length > 0 ? `run ${acknowledged.join(', ')} again` : 'refused'}</Fact>
        <Fact label="Pace">{paceWords(pace)}</Fact>
        {pace.stop_above !== null && <Fact label="Stops by itself">{`above ${Math.round(pace.stop_above * 1000) / 10} % failed`}</Fact>}
        {rest && <Fact label="Ends">{rest}</Fact>}
        {job.ended && (
          <Fact label="Ended">
            <Moment at={job.ended} />
          </Fact>
        )}
        {typeof request.reason === 'string' && request.reason !== '' && <Fact label="Reason">{request.reason}</Fact>}
      </dl>
    </div>
  )
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** What a person can say to a job; what the server refuses stands under the title. */
function Actions({ job }: { job: BulkJob }) {
  const client = useQueryClient()
  const away = usePresence() === 'away'
  const may = useMay('operator')
  const [refused, setRefused] = useState<string | null>(null)
  const say = async (said: Said) => {
    setRefused(null)
    try {
      client.setQueryData(jobQuery(job.name).queryKey, await tell(job.id, said))
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    }
    void client.invalidateQueries({ queryKey: JOBS })
  }
  return (
    <div className="actions">
      {refused && (
        <Notice look="failed" role="alert">
          <Prose text={refused} />
        </Notice>
      )}
      <button type="button" className="btn quiet only-wide" onClick={() => void download(job)}>
        <Icon name="download" />
        Results
      </button>
      {may && job.state === 'RUNNING' && (
        <button type="button" className="btn" disabled={away} onClick={() => void say('pause')}>
          <Icon name="player-pause" />
          Pause
        </button>
      )}
      {may && !jobEnded(job) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <button type="button" className="btn danger" disabled={away}>
              <Icon name="player-stop" />
              Abort
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void say('abort')}>Begin no more; what runs ends by itself</Menu.Item>
            <Menu.Item onClick={() => void say('kill')}>{`Begin no more, and kill ${many(job.counts.running + job.counts.paused, 'replay')}`}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {may && (job.state === 'PAUSED' || job.state === 'STOPPED') && (
        <button type="button" className="btn primary" disabled={away} onClick={() => void say('resume')}>
          <Icon name="player-play" />
          {`Go on with ${count(job.counts.waiting)}`}
        </button>
      )}
      {may && job.state === 'WAITING' && (
        <button type="button" className="btn primary" disabled={away} onClick={() => void say('approve')}>
          <Icon name="check" />
          {`Approve the other ${count(job.counts.waiting)}`}
        </button>
      )}
    </div>
  )
}

async function download(job: BulkJob): Promise<void> {
  const text = asCsv(await allRows(job.id))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  link.download = `${job.name}.csv`
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

function Progress({ job }: { job: BulkJob }) {
  const now = useNow(jobMoves(job))
  const speed = job.state === 'RUNNING' || job.state === 'DONE' ? speedOf(job, now) : null
  return (
    <div className="progress">
      <div className="row" role="status">
        <b className="strong">
          {count(doneOf(job.counts))} of {count(job.total)}
        </b>
        <span className="muted">done</span>
        <span className="grow" />
        {speed !== null && <span className="sm muted">{`${speed < 10 ? speed.toFixed(1) : count(Math.round(speed))} a minute`}</span>}
      </div>
      <Meter counts={job.counts} total={job.total} large />
      <dl className="tallies">
        {RESULTS.filter((each) => job.counts[each.key] > 0 || each.state === 'SUCCEEDED' || each.state === 'FAILED').map((each) => (
          <div key={each.state} data-state={each.look}>
            <dt className="xs muted row">
              <Mark look={each.look} />
              {each.word}
            </dt>
            <dd className="strong">{count(job.counts[each.key])}</dd>
          </div>
        ))}
      </dl>
      {job.why && (
        <Notice look={job.state === 'STOPPED' ? 'failed' : 'paused'}>
          <Prose text={job.why} />
        </Notice>
      )}
    </div>
  )
}
