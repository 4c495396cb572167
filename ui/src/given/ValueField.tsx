import '../styles/given.css'
import { useEffect, useRef, useState } from 'react'
import { isExpression, jsonOrText, textOfGiven, valueKind, wordOfValue, type Given } from '../model/given'

interface Props {
  id: string
  label: string
  given: Given
  /** The type of the property, as its task type says it, where that is known. */
  type?: string
  /** Whether text may be given that is rendered. */
  renders?: boolean
  edited?: boolean
  note?: React.ReactNode
  onChange: (given: Given) => void
}

/** A value of any kind: JSON or else text, as on the command line; or an expression, which is rendered. */
export function ValueField({ id, label, given, type, renders, edited, note, onChange }: Props) {
  const kind = valueKind(type)
  const expression = isExpression(given)
  return (
    <>
      <label htmlFor={id} className="mono sm cut" title={label}>
        {label}
      </label>
      <div className={edited ? 'field edited' : 'field'}>
        {kind === 'switch' && !expression ? (
          <select id={id} className="mono grow bare" value={String(given.value)} onChange={(event) => onChange({ value: event.target.value === 'true' })}>
            {typeof given.value !== 'boolean' && <option value={String(given.value)}>{textOfGiven(given.value)}</option>}
            <option>true</option>
            <option>false</option>
          </select>
        ) : (
          <Text id={id} given={given} textual={kind === 'text'} onChange={onChange} />
        )}
        <span className="muted xs nowrap">{expression ? 'rendered' : (note ?? wordOfValue(given.value))}</span>
        {renders && (
          <button
            type="button"
            className="braces mono"
            aria-pressed={expression}
            aria-label={`Render ${label} as an expression`}
            title={expression ? 'Take the text as it is' : 'Render it as an expression'}
            onClick={() => onChange(expression ? { value: jsonOrText(given.expr) } : { expr: textOfGiven(given.value, typeof given.value === 'string') })}
          >
            {'{{ }}'}
          </button>
        )}
      </div>
    </>
  )
}

function Text({ id, given, textual, onChange }: { id: string; given: Given; textual: boolean; onChange: (given: Given) => void }) {
  const written = isExpression(given) ? given.expr : textOfGiven(given.value, textual)
  const [text, setText] = useState(written)
  const sent = useRef(written)
  // what is typed stays as it is typed; what comes from elsewhere takes its place
  useEffect(() => {
    if (written !== sent.current) setText(written)
    sent.current = written
  }, [written])
  const type = (next: string) => {
    setText(next)
    const now: Given = isExpression(given) ? { expr: next } : { value: textual ? next : jsonOrText(next) }
    sent.current = isExpression(now) ? now.expr : textOfGiven(now.value, textual)
    onChange(now)
  }
  if (text.length > 60 || text.includes('\n')) {
    return <textarea id={id} className="mono grow bare" rows={Math.min(6, Math.ceil(text.length / 44))} value={text} onChange={(event) => type(event.target.value)} />
  }
  return <input id={id} className="mono grow" value={text} onChange={(event) => type(event.target.value)} />
}
