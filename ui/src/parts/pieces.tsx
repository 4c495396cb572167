import type { ReactNode } from 'react'
import { lookOf, wordOfState, type Look } from '../model/looks'
import { Mark } from './marks'

/** The state of a run, in titles. */
export function StateBadge({ state, word }: { state: string; word?: string }) {
  const look = lookOf(state)
  return (
    <span className="badge" data-state={look}>
      <Mark look={look} />
      {word ?? wordOfState(state)}
    </span>
  )
}

/** The state of a run, in tables. */
export function StateWord({ state }: { state: string }) {
  const look = lookOf(state)
  return (
    <span className="state" data-state={look}>
      <Mark look={look} />
      {wordOfState(state)}
    </span>
  )
}

/** Says what happened, or what is about to, in the colour of a state; its first sentence is bold. */
export function Notice({ look, children, role }: { look: Look; children: ReactNode; role?: 'alert' | 'status' }) {
  return (
    <div className="notice" data-state={look} role={role}>
      <Mark look={look} />
      <div className="grow">{children}</div>
    </div>
  )
}

/** What a person could type: backticks of a message become code. */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) =>
        index % 2 === 1 ? (
          <code key={index}>{part}</code>
        ) : (
          part
        ),
      )}
    </>
  )
}

/** What is said where there is nothing yet: what will appear, and how to get there. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** What cannot be shown, and what to do. */
export function Failure({ error, again }: { error: Error; again?: () => void }) {
  return (
    <div className="empty" role="alert">
      <h2>
        <Prose text={error.message} />
      </h2>
      {again && (
        <button type="button" className="btn" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Stands where rows will be: it comes after a moment, so that what is quick does not flicker. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="skeleton" aria-hidden>
      {Array.from({ length: rows }, (_, index) => (
        <i key={index} style={{ width: `${30 + ((index * 37) % 50)}%` }} />
      ))}
    </div>
  )
}

/** Two to four choices beside each other. */
export function Segments<Value extends string | number>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: Value
  choices: readonly { value: Value; label: ReactNode; name?: string; disabled?: boolean }[]
  onChange: (value: Value) => void
}) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {choices.map((each) => (
        <button
          key={String(each.value)}
          type="button"
          aria-pressed={each.value === value}
          aria-label={each.name}
          disabled={each.disabled}
          onClick={() => onChange(each.value)}
        >
          {each.label}
        </button>
      ))}
    </div>
  )
}
