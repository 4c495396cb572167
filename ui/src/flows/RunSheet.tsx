import { Drawer } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { Refused } from '../api/client'
import { usePresence } from '../api/hooks'
import { ALL_RUNS, flowQuery } from '../api/queries'
import { controlOf, valuesOf, type InputField } from '../model/inputs'
import { Icon } from '../parts/marks'
import { IconButton } from '../parts/button'
import { Failure, Notice, Prose, Skeleton } from '../parts/pieces'
import { Field } from '../replay/InputFields'
import { FileField } from './FileField'
import { runFlow, type Revision } from './queries'

interface Props {
  flow: string
  latest: Revision
  onClose: () => void
}

/** The inputs of a new run, typed as the flow declares them, with what they are if nothing is given. */
export function RunSheet({ flow, latest, onClose }: Props) {
  const found = useQuery(flowQuery(flow))
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="min(560px, 100%)" transitionProps={{ duration: 0 }}>
      <Drawer.Overlay className="scrim" backgroundOpacity={0} />
      <Drawer.Content className="sheet-box" aria-label={`Run ${latest.id}`}>
        <div className="sheet-inside">
          <header className="sheet-head">
            <Icon name="player-play" />
            <h1 id="run-title" tabIndex={-1} data-autofocus>
              Run {latest.id}
            </h1>
            <span className="muted only-wide">revision {found.data?.revision ?? latest.revision}</span>
            <span className="grow" />
            <IconButton icon="x" label="Close" hint="Esc" onClick={onClose} />
          </header>
          {found.error && !found.data ? <Failure error={found.error} again={() => void found.refetch()} /> : found.data ? <Form flow={flow} fields={found.data.inputs} onClose={onClose} /> : <Skeleton />}
        </div>
      </Drawer.Content>
    </Drawer.Root>
  )
}

/** What stands in a field before anything is chosen: a text with an expression is left to the run. */
function beginning(field: InputField): unknown {
  const { default: value } = field
  if (typeof value === 'string' && value.includes('{{')) return undefined
  if (value === undefined || value === null) return controlOf(field) === 'choice' && field.required !== false ? valuesOf(field)[0] : undefined
  return value
}

function Form({ flow, fields, onClose }: { flow: string; fields: readonly InputField[]; onClose: () => void }) {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const navigate = useNavigate()
  const [given, setGiven] = useState<Record<string, unknown>>({})
  const [reason, setReason] = useState('')
  const [sending, setSending] = useState(false)
  const [failure, setFailure] = useState<Error | null>(null)
  const key = useRef('')
  const set = (field: InputField, value: unknown) => {
    setFailure(null)
    key.current = ''
    setGiven((before) => ({ ...before, [field.id]: value }))
  }
  const inputs = Object.fromEntries(
    fields.flatMap((field) => {
      const value = field.id in given ? given[field.id] : controlOf(field) === 'choice' ? beginning(field) : undefined
      return value === undefined || (value === '' && field.required === false) ? [] : [[field.id, value]]
    }),
  )
  const submit = () => {
    if (sending || away) return
    setSending(true)
    setFailure(null)
    key.current ||= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    runFlow(flow, inputs, reason, key.current)
      .then((run) => {
        void client.invalidateQueries({ queryKey: ALL_RUNS })
        void navigate({ to: '/runs/$run', params: { run: run.id }, search: {} })
      })
      .catch((error: unknown) => {
        setSending(false)
        if (error instanceof Refused) key.current = ''
        setFailure(error instanceof Error ? error : new Error(String(error)))
      })
  }
  const told = refusalsOf(failure)
  const beside = told.filter((each) => !fields.some((field) => speaksOf(each, field)))
  return (
    <form
      className="run-form"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
      }}
    >
      <div className="run-fields">
        {beside.map((each) => (
          <Notice key={each} look="failed" role="alert">
            <Prose text={each} />
          </Notice>
        ))}
        {fields.length === 0 && <p className="muted">This flow takes no inputs.</p>}
        <div className="inputs">
          {fields.map((field) => (
            <div key={field.id} className="run-field">
              <div className="inputs">
                {field.type === 'FILE' ? (
                  <FileField field={field} value={given[field.id]} onChange={(value) => set(field, value)} />
                ) : field.type === 'SECRET' ? (
                  <Secret field={field} onChange={(value) => set(field, value)} />
                ) : (
                  <Field field={field} value={field.id in given ? given[field.id] : beginning(field)} edited={field.id in given} onChange={(value) => set(field, value)} />
                )}
              </div>
              {field.description && <p className="muted sm">{field.description}</p>}
              {typeof field.default === 'string' && field.default.includes('{{') && (
                <p className="muted sm">
                  If it is left empty: <code>{field.default}</code>
                </p>
              )}
              {told
                .filter((each) => speaksOf(each, field))
                .map((each) => (
                  <Notice key={each} look="failed" role="alert">
                    <Prose text={each} />
                  </Notice>
                ))}
            </div>
          ))}
        </div>
        <div className="run-field plain">
          <label htmlFor="run-reason" className="sm">
            Reason
          </label>
          <div className="field">
            <input id="run-reason" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
          </div>
        </div>
      </div>
      <footer className="sheet-foot">
        <span className="grow" />
        <button type="button" className="btn only-wide" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="btn primary" disabled={sending || away}>
          <Icon name="player-play" />
          Run
          <span className="kbd only-wide">Ctrl ↵</span>
        </button>
      </footer>
    </form>
  )
}

function Secret({ field, onChange }: { field: InputField; onChange: (value: unknown) => void }) {
  const id = `input-${field.id}`
  return (
    <>
      <label htmlFor={id} className="mono sm cut">
        {field.id}
      </label>
      <div className="field">
        <input id={id} type="password" autoComplete="off" onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)} />
        <span className="muted xs">secret</span>
      </div>
    </>
  )
}

/** What was refused, each reason by itself. */
function refusalsOf(failure: Error | null): string[] {
  if (failure === null) return []
  const told = failure instanceof Refused ? (failure.problem.refusals ?? []).map((each) => each.message) : []
  return told.length > 0 ? told : [failure.message]
}

/** Whether a refusal is about an input: the server names it. */
const speaksOf = (message: string, field: InputField): boolean => message.includes(`\`${field.id}\``)
