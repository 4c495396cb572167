import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { api, given } from '../api/client'
import { usePresence } from '../api/hooks'
import { ALL_RUNS, ofRun } from '../api/queries'
import { Icon } from '../parts/marks'
import { Prose } from '../parts/pieces'

interface Props {
  run: string
  id: string
  labels: Record<string, string>
  /** A run that executes cannot be labelled. */
  live: boolean
}

/** The labels of a run, which a person may give and take away. */
export function Labels({ run, id, labels, live }: Props) {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const change = (body: { labels: Record<string, string>; remove: string[] }) => {
    setBusy(true)
    return given(api.POST('/api/v1/runs/{run}/labels', { params: { path: { run: id } }, body: body as never }))
      .then(async () => {
        setText('')
        setFailure(null)
        await Promise.all([client.invalidateQueries({ queryKey: ofRun(run) }), client.invalidateQueries({ queryKey: ALL_RUNS })])
      })
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false))
  }
  const add = (event: FormEvent) => {
    event.preventDefault()
    const at = text.search(/[=:]/)
    const [name, value] = at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
    if (name === '' || value === '') setFailure('A label is `name=value`.')
    else void change({ labels: { [name]: value }, remove: [] })
  }
  const entries = Object.entries(labels)
  const fixed = away || live || busy
  return (
    <>
      {entries.length > 0 && (
        <ul className="labels">
          {entries.map(([name, value]) => (
            <li key={name} className="chip">
              <Link to="/runs" search={{ label: [`${name}=${value}`] }} title="Runs with this label">
                {name} <b>{value}</b>
              </Link>
              {!name.startsWith('system.') && (
                <button type="button" className="chip-x" disabled={fixed} aria-label={`Remove the label ${name}`} onClick={() => void change({ labels: {}, remove: [name] })}>
                  <Icon name="x" size={13} />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <form className="row add-label" onSubmit={add}>
        <input className="field" aria-label="New label, as name=value" placeholder="name=value" value={text} disabled={live} onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="btn sm" disabled={fixed || text.trim() === ''}>
          <Icon name="plus" size={14} />
          Add label
        </button>
      </form>
      {live && <p className="muted sm">It can be labelled when it has ended.</p>}
      {failure && (
        <p className="failed-word sm" role="alert">
          <Prose text={failure} />
        </p>
      )}
    </>
  )
}
