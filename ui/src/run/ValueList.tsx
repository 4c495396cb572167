import type { ReactNode } from 'react'
import { storedFor } from '../model/artifacts'
import { size as sizeOf } from '../model/format'
import { wholeOf, type JsonNode } from '../model/json'
import { ArtifactLink, UriLink } from '../results/ArtifactLink'
import { JsonTree } from '../results/JsonTree'
import type { Artifact } from '../results/queries'

interface Props {
  values: Record<string, unknown>
  /** The records of what is stored among the values, where they are known. */
  records?: readonly Artifact[]
}

/** Values by name: short ones as they are, long ones behind their beginning, files and large values as links to their pages. */
export function ValueList({ values, records = [] }: Props) {
  return (
    <dl className="kv">
      {Object.entries(values).map(([name, value]) => (
        <div key={name} className="pair">
          <dt className="mono">{name}</dt>
          <dd>
            <Value name={name} value={value} records={records} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const SHORT = 120

export function Value({ name = null, value, records = [] }: { name?: string | null; value: unknown; records?: readonly Artifact[] }) {
  const stored = storedAs(name, value, records)
  if (stored) return stored
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const text = JSON.stringify(value)
    if (text.length <= SHORT && !/dalsegno:|\$type|\$artifact/.test(text)) return <span className="mono wraps">{text}</span>
    const leaf = (node: JsonNode) => storedAs(name, node.value, records)
    return <JsonTree value={value} label={name ?? 'Value'} depth={text.length < 2000 ? 2 : 1} leaf={leaf} />
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length <= SHORT && !text.includes('\n')) return <span className="mono wraps">{text === '' ? '""' : text}</span>
  return (
    <details className="long">
      <summary className="mono cut">{text.slice(0, SHORT)}</summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  )
}

/** A value that is kept apart, as a link to its page. */
function storedAs(name: string | null, value: unknown, records: readonly Artifact[]): ReactNode {
  const uri = typeof value === 'string' && value.startsWith('dalsegno://') ? value : null
  const whole = wholeOf(value)
  if (uri === null && whole === null) return null
  const found = storedFor(records, name, value)
  if (found) return <ArtifactLink artifact={found} counted />
  if (uri !== null) return <UriLink uri={uri} />
  const told = `${whole?.type ?? ''}${whole?.size ? `, ${sizeOf(whole.size)}` : ''}`
  return whole?.digest ? <UriLink uri={whole.digest} label={told} /> : <span className="muted">{told}</span>
}
