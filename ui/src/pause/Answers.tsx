import type { InputField } from '../model/inputs'
import { Control } from '../replay/InputFields'

export type Answered = Record<string, unknown>

/** What a pause asks the person who resumes it, as a form by the types of what is asked. */
export function Answers({ asks, answers, onChange }: { asks: readonly InputField[]; answers: Answered; onChange: (answers: Answered) => void }) {
  return (
    <section className="sect">
      <header>
        <h3>What it asks</h3>
      </header>
      <div className="held">
        {asks.map((field) => {
          const id = `answer-${field.id}`
          return (
            <div key={field.id} className="held-field">
              <label htmlFor={id} className="mono sm">
                {field.id}
                {field.required && <span className="muted"> needed</span>}
              </label>
              {field.description && <span className="sm soft">{field.description}</span>}
              <div className={field.id in answers ? 'field edited' : 'field'}>
                {field.type === 'BOOL' ? (
                  <select
                    id={id}
                    className="mono grow bare"
                    value={String(answers[field.id] ?? field.default ?? '')}
                    onChange={(event) => onChange(event.target.value === '' ? without(answers, field.id) : { ...answers, [field.id]: event.target.value === 'true' })}
                  >
                    <option value="">not answered</option>
                    <option>true</option>
                    <option>false</option>
                  </select>
                ) : (
                  <Control
                    id={id}
                    field={field}
                    value={answers[field.id] ?? field.default}
                    onChange={(value) => onChange(value === '' ? without(answers, field.id) : { ...answers, [field.id]: value })}
                  />
                )}
                <span className="muted xs">{field.type.toLowerCase()}</span>
              </div>
            </div>
          )
        })}
      </div>
    </section>
  )
}

function without(answers: Answered, name: string): Answered {
  const { [name]: _, ...rest } = answers
  return rest
}
