import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { lineageQuery, sourceQuery } from '../api/queries'
import { kindOf, shortDigest } from '../model/artifacts'
import { count, many, size as sizeOf } from '../model/format'
import { copy } from '../parts/copy'
import { Crumbs, RunCrumbs } from '../parts/crumbs'
import { Icon } from '../parts/marks'
import { Empty, Failure, Segments, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { artifactRoute } from '../router'
import { Looks, viewsOf, type View } from './Looks'
import { contentOf, previewQuery, usesQuery, type Artifact, type Preview, type Use } from './queries'

/** A stored value or file: what it is, who made it, who used it, and what it looks like. */
export function ArtifactPage() {
  const { name, view } = artifactRoute.useSearch()
  const navigate = useNavigate({ from: artifactRoute.fullPath })
  const found = useQuery({ ...previewQuery(name), enabled: name !== '' })
  const uses = useQuery({ ...usesQuery(name), enabled: name !== '' })
  const { data } = found
  const title = data ? titleOf(data.artifact) : 'Artifact'
  useEffect(() => {
    document.title = `${title} · Dal Segno`
  }, [title])
  if (name === '') {
    return (
      <Empty title="Which artifact?">
        <p className="soft">
          The outputs of a run lead to what it stored: choose one of the <Link className="link" to="/runs" search={{}}>runs</Link>.
        </p>
      </Empty>
    )
  }
  if (found.error && !data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!data) return <Skeleton />
  const views = viewsOf(data, uses.data)
  const shown: View = views.some((each) => each.value === view) ? (view as View) : (views[0]?.value ?? 'uses')
  return (
    <>
      <Head preview={data} uses={uses.data} />
      <div className="toolbar views">
        <Segments label="View" value={shown} choices={views} onChange={(next) => void navigate({ search: { name, view: next }, replace: true })} />
        <span className="muted sm">{noteOf(data, shown)}</span>
      </div>
      <Looks preview={data} name={name} view={shown} uses={uses.data} />
    </>
  )
}

/** A file has a name of its own; a value is named after the task and the output which it is. */
const titleOf = ({ kind, name, output }: Artifact, task?: string): string => (kind === 'file' || output === null ? name : [task, output].filter(Boolean).join('.'))

function noteOf({ table, complete, text, artifact }: Preview, view: View): string {
  if (view === 'table' && table) return table.total === null ? `the first ${many(table.rows.length, 'row')}` : `rows 1 to ${count(table.rows.length)} of ${count(table.total)}`
  if (view === 'text' && text !== null && !complete) return `the first 64 KiB of ${sizeOf(artifact.size)}`
  return ''
}

function Head({ preview, uses }: { preview: Preview; uses: readonly Use[] | undefined }) {
  const { artifact, table, array } = preview
  const maker = useQuery({ ...sourceQuery(artifact.task_run ?? ''), enabled: artifact.task_run !== null }).data
  const relatives = useQuery({ ...lineageQuery(artifact.run ?? ''), enabled: artifact.run !== null }).data
  const run = relatives?.find((each) => each.id === artifact.run)
  const bytes = artifact.size > 0 ? artifact.size : Number(artifact.summary.size ?? 0)
  return (
    <div className="head">
      {run && (
        <RunCrumbs run={run}>
          <Link to="/runs/$run/outputs" params={{ run: run.id }} search={{}}>
            {run.name}
          </Link>
          {maker && (
            <Link className="mono cut" to="/runs/$run" params={{ run: run.id }} search={{ task: maker.address }}>
              {maker.address}
            </Link>
          )}
        </RunCrumbs>
      )}
      {!run && <Crumbs>{null}</Crumbs>}
      <div className="title">
        <h1 className="mono cut artifact-title">{titleOf(artifact, maker?.address)}</h1>
        <span className="tag">{kindOf(artifact)}</span>
        {artifact.mark && (
          <span className="tag" data-state="pinned">
            {artifact.mark === 'pin' ? 'pinned by a person' : 'given by a person'}
          </span>
        )}
        <div className="actions">
          <CopyCode artifact={artifact} />
          <a className="btn" href={contentOf(artifact.id)} download>
            <Icon name="download" />
            Download{bytes > 0 ? ` ${sizeOf(bytes)}` : ''}
          </a>
        </div>
      </div>
      <dl className="facts last">
        <Fact label="Rows">{table?.total === null || table?.total === undefined ? null : count(table.total)}</Fact>
        <Fact label="Columns">{table && count(table.columns.length)}</Fact>
        <Fact label="Shape">{array && (array.shape.join(' × ') || 'one number')}</Fact>
        <Fact label="Type">{array?.dtype}</Fact>
        <Fact label="Size">{bytes > 0 ? sizeOf(bytes) : null}</Fact>
        <Fact label="Digest">
          <Digest digest={artifact.digest} />
        </Fact>
        <Fact label="Made by">
          {run && (
            <>
              <Link className="link" to="/runs/$run" params={{ run: run.id }} search={maker ? { task: maker.address } : {}}>
                {run.name}
              </Link>
              {maker && `, attempt ${maker.attempt}`}
            </>
          )}
        </Fact>
        <Fact label="Made">
          <Moment at={artifact.created} />
        </Fact>
        <Fact label="Used by">{uses && usedBy(uses)}</Fact>
      </dl>
    </div>
  )
}

/** Says how often something was read, and in how many replays its result was kept. */
export function usedBy(uses: readonly Use[]): string {
  const read = uses.filter((use) => !use.kept).length
  const kept = uses.length - read
  if (read + kept === 0) return 'nothing yet'
  return [read > 0 && many(read, 'task'), kept > 0 && `kept in ${many(kept, 'replay')}`].filter(Boolean).join(', ')
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  if (children === null || children === undefined || children === '') return null
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Digest({ digest }: { digest: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <button type="button" className="plain mono" title={`${digest}: copy it`} aria-label={copied ? 'Copied' : `Copy the digest ${shortDigest(digest)}`} onClick={() => void copy(digest).then(setCopied)} onBlur={() => setCopied(false)}>
      {shortDigest(digest)} <Icon name={copied ? 'check' : 'copy'} size={12} />
    </button>
  )
}

function CopyCode({ artifact }: { artifact: Artifact }) {
  const [copied, setCopied] = useState(false)
  const code = `from dalsegno import Client\n\nwith Client(url=${JSON.stringify(window.location.origin)}) as client, client.open_artifact(${JSON.stringify(artifact.id)}) as file:\n    content = file.read()\n`
  return (
    <button type="button" className="btn quiet" onClick={() => void copy(code).then(setCopied)} onBlur={() => setCopied(false)}>
      <Icon name={copied ? 'check' : 'copy'} />
      {copied ? 'Copied' : 'Copy as code'}
    </button>
  )
}
