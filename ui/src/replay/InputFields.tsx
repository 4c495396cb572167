import type { ReactNode } from 'react'
import type { Run } from '../api/queries'
import { controlOf, same, textOf, valueOf, valuesOf, type InputField } from '../model/inputs'
import type { Choices } from '../model/request'

interface Props {
  head: Run
  fields: readonly InputField[]
  choices: Choices
  change: (some: Partial<Choices>) => void
  refusal: ReactNode
}

/** The inputs of the run, as the flow declares them, with the values that carry over from the origin. */
export function InputFields({ head, fields, choices, change, refusal }: Props) {
  if (fields.length === 0) return null
  const set = (field: InputField, value: unknown) => {
    const { [field.id]: _, ...rest } = choices.inputs
    change({ inputs: same(value, head.inputs[field.id]) ? rest : { ...rest, [field.id]: value } })
  }
  const edited = Object.keys(choices.inputs).length
  return (
    <div className="fs">
      <header>
        <span className="lbl">Inputs</span>
        <span className="end muted">{edited === 0 ? 'carried over from the origin' : `${edited} changed`}</span>
      </header>
      <div className="inputs">
        {fields.map((field) => (
          <Field
            key={field.id}
            field={field}
            value={field.id in choices.inputs ? choices.inputs[field.id] : head.inputs[field.id]}
            edited={field.id in choices.inputs}
            onChange={(value) => set(field, value)}
          />
        ))}
      </div>
      {refusal}
    </div>
  )
}

interface FieldProps {
  field: InputField
  value: unknown
  edited: boolean
  onChange: (value: unknown) => void
}

/** An input by its name, as its type is edited. */
export function Field({ field, value, edited, onChange }: FieldProps) {
  const id = `input-${field.id}`
  return (
    <>
      <label htmlFor={id} className="mono sm cut" title={field.description ?? undefined}>
        {field.id}
      </label>
      <div className={edited ? 'field edited' : 'field'}>
        <Control id={id} field={field} value={value} onChange={onChange} />
        <span className="muted xs">{field.type.toLowerCase()}</span>
      </div>
    </>
  )
}

export function Control({ id, field, value, onChange }: Omit<FieldProps, 'edited'> & { id: string }) {
  const kind = controlOf(field)
  const text = textOf(value)
  if (kind === 'fixed') return <span className="mono grow cut muted" id={id}>{field.type === 'SECRET' ? '••••••' : text.slice(text.lastIndexOf('/') + 1)}</span>
  if (kind === 'switch') {
    return <input id={id} type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
  }
  if (kind === 'choice') {
    return (
      <select id={id} className="mono grow bare" value={text} onChange={(event) => onChange(event.target.value)}>
        {!valuesOf(field).includes(text) && <option value={text}>{text}</option>}
        {valuesOf(field).map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    )
  }
  if (kind === 'choices') {
    const chosen = Array.isArray(value) ? value.map(String) : []
    return (
      <select id={id} multiple className="mono grow bare" value={chosen} onChange={(event) => onChange([...event.target.selectedOptions].map((each) => each.value))}>
        {valuesOf(field).map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    )
  }
  if (kind === 'long') {
    return <textarea id={id} className="mono grow bare" rows={3} defaultValue={text} onBlur={(event) => onChange(valueOf(field, event.target.value))} />
  }
  return (
    <input
      id={id}
      className="mono grow"
      inputMode={kind === 'number' ? 'decimal' : undefined}
      value={text}
      onChange={(event) => onChange(valueOf(field, event.target.value))}
    />
  )
}
