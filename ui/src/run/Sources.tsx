import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { ArtifactLink } from '../results/ArtifactLink'
import { artifactsOfRunQuery } from '../results/queries'
import type { TaskRun } from '../api/queries'
import { sourceOf, type Source } from '../model/sources'
import { lookOf } from '../model/looks'
import { Icon, Mark } from '../parts/marks'
import { runRoute } from '../router'
import type { Loaded } from './useRun'

/** What a task read, and where it came from: the task that gave it, the run's inputs, or a person. */
export function Sources({ run, task, loaded, given }: { run: string; task: TaskRun; loaded: Loaded; given: readonly string[] }) {
  return (
    <ul className="sources">
      {Object.keys(task.used).map((path) => (
        <li key={path}>
          <One run={run} source={sourceOf(path, loaded.gantt?.bars ?? [])} path={path} loaded={loaded} />
          {given.includes(path) && <span className="tag">given by a person</span>}
        </li>
      ))}
    </ul>
  )
}

interface OneProps {
  run: string
  source: Source
  path: string
  loaded: Loaded
}

function One({ run, source, path, loaded }: OneProps) {
  if (source.kind === 'input') {
    const value = loaded.head?.inputs[source.name]
    return (
      <span className="row">
        <code className="cut">{path}</code>
        {value !== undefined && <span className="muted cut">{typeof value === 'string' ? value : JSON.stringify(value)}</span>}
      </span>
    )
  }
  if (source.kind === 'other') return <code className="cut">{path}</code>
  const { bar } = source
  const look = bar && lookOf(bar.state, bar.action)
  return (
    <span className="row">
      {look && <Mark look={look} />}
      <Link className="link mono cut" from={runRoute.fullPath} to="/runs/$run" params={{ run }} search={(before) => ({ ...before, task: source.address, attempt: undefined })} resetScroll={false}>
        {source.rest === '' ? source.address : `${source.address}.${source.rest}`}
      </Link>
      <Given run={run} address={source.address} rest={source.rest} />
      {bar?.reusedFrom && (
        <span className="tag">
          <Mark look="reused" size={12} />
          reused
        </span>
      )}
    </span>
  )
}

/** The stored file or value that was read. */
function Given({ run, address, rest }: { run: string; address: string; rest: string }) {
  const records = useQuery(artifactsOfRunQuery(run)).data ?? []
  const [output, ...steps] = rest.split('.')
  const own = records.filter((each) => each.address === address && each.output === output)
  const found = own.length === 1 ? own[0] : own.find((each) => each.name === steps.join('.'))
  if (!found) return null
  return (
    <>
      <Icon name="chevron-right" size={12} />
      <ArtifactLink artifact={found} counted />
    </>
  )
}
