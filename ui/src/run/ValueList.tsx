import { size as sizeOf } from '../model/format'
import { Icon } from '../parts/marks'

/** Values by name: short ones as they are, long ones behind their beginning, files as links. */
export function ValueList({ values }: { values: Record<string, unknown> }) {
  return (
    <dl className="kv">
      {Object.entries(values).map(([name, value]) => (
        <div key={name} className="pair">
          <dt className="mono">{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const SHORT = 120

export function Value({ value }: { value: unknown }) {
  if (typeof value === 'string' && value.startsWith('dalsegno://')) return <File uri={value} />
  const stored = storedIn(value)
  if (stored) return <File uri={stored.name} label={stored.label} />
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length <= SHORT && !text.includes('\n')) return <span className="mono wraps">{text === '' ? '""' : text}</span>
  const whole = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <details className="long">
      <summary className="mono cut">{text.slice(0, SHORT)}</summary>
      <pre tabIndex={0}>{whole}</pre>
    </details>
  )
}

/** A value that is stored apart, as outputs refer to it. */
function storedIn(value: unknown): { name: string; label: string } | null {
  if (typeof value !== 'object' || value === null) return null
  const artifact = (value as Record<string, unknown>).$artifact
  if (typeof artifact !== 'string') return null
  const size = (value as Record<string, unknown>).size
  return { name: artifact, label: typeof size === 'number' ? `${artifact.slice(0, 8)}, ${sizeOf(size)}` : artifact.slice(0, 8) }
}

function File({ uri, label }: { uri: string; label?: string }) {
  return (
    <a className="link mono file" href={`/api/v1/artifact/content?name=${encodeURIComponent(uri)}`} download title={uri}>
      <Icon name="file-text" size={14} />
      <span className="cut">{label ?? uri.slice(uri.lastIndexOf('/') + 1)}</span>
    </a>
  )
}
