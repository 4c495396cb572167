import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { isTable, kindOf, muchOf } from '../model/artifacts'
import { Icon } from '../parts/marks'
import { previewQuery, type Artifact } from './queries'

/** A stored value or file by its name, with what it is and how much; it leads to its page. */
export function ArtifactLink({ artifact, label, counted = false }: { artifact: Artifact; label?: string; counted?: boolean }) {
  const isFile = artifact.kind === 'file'
  const named = isFile || label !== undefined
  return (
    <span className="art">
      <Icon name={isFile ? 'file-text' : 'box'} size={14} />
      <Link className={isFile ? 'link mono cut' : 'link cut'} to="/artifact" search={{ name: artifact.id }} title={artifact.name}>
        {label ?? (isFile ? artifact.name : kindOf(artifact))}
      </Link>
      <span className="muted cut">
        {named ? kindOf(artifact) : ''}
        {counted && isTable(artifact) ? <Counted artifact={artifact} after={named} /> : <Much artifact={artifact} after={named} />}
      </span>
    </span>
  )
}

function Much({ artifact, rows = null, after }: { artifact: Artifact; rows?: number | null; after: boolean }) {
  const much = muchOf(artifact, rows)
  return much === '' ? null : `${after ? ', ' : ''}${much}`
}

/** How many rows a file has is not on record: the file says so. */
function Counted({ artifact, after }: { artifact: Artifact; after: boolean }) {
  const found = useQuery(previewQuery(artifact.id, 1))
  return <Much artifact={artifact} rows={found.data?.table?.total ?? null} after={after} />
}

/** A stored value or file of which no more is known than its URI. */
export function UriLink({ uri, label }: { uri: string; label?: string }) {
  return (
    <Link className="link mono file" to="/artifact" search={{ name: uri }} title={uri}>
      <Icon name="file-text" size={14} />
      <span className="cut">{label ?? decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1))}</span>
    </Link>
  )
}
