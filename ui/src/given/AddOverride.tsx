import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { outputsQuery, taskRunQuery, type Run } from '../api/queries'
import { ORIGIN, type CompiledTask, type Given } from '../model/given'
import { taskOf } from '../model/address'
import { Segments } from '../parts/pieces'
import type { Loaded } from '../run/useRun'
import { useDeclared } from './useDeclared'

interface Props {
  loaded: Loaded
  head: Run
  tasks: ReadonlyMap<string, CompiledTask>
  known: readonly string[]
  onPin: (address: string, pin: unknown) => void
  onInput: (address: string, name: string, given: Given) => void
  onCancel: () => void
}

/** Asks what is to be given to which task; it begins with what the task had in the origin. */
export function AddOverride({ loaded, head, tasks, known, onPin, onInput, onCancel }: Props) {
  const id = useId()
  const [kind, setKind] = useState<'input' | 'pin'>('input')
  const [address, setAddress] = useState('')
  const [name, setName] = useState('')
  const task = tasks.get(taskOf(address.trim()))
  const declared = useDeclared(task)
  const here = loaded.gantt?.bars.some((bar) => bar.address === address.trim()) ?? false
  const ran = useQuery({ ...taskRunQuery(head.id, address.trim()), enabled: here })
  const outputs = useQuery({ ...outputsQuery(head.id), enabled: here && kind === 'pin' })
  const chosen = name || declared[0]?.name || ''
  const ready = address.trim() !== '' && (kind === 'pin' || chosen !== '') && !ran.isLoading && !outputs.isLoading
  const add = () => {
    if (!ready) return
    const at = address.trim()
    if (kind === 'pin') return onPin(at, firstPin(outputs.data?.tasks[at], task))
    onInput(at, chosen, firstInput(ran.data?.properties, task, chosen))
  }
  return (
    <div className="override adding" role="group" aria-label="A new override">
      <Segments
        label="What is given"
        value={kind}
        onChange={setKind}
        choices={[
          { value: 'input', label: 'Change an input' },
          { value: 'pin', label: 'Pin a result' },
        ]}
      />
      <div className="inputs">
        <label htmlFor={`${id}-task`} className="sm">
          Task
        </label>
        <div className="field">
          <input
            id={`${id}-task`}
            className="mono grow"
            list={`${id}-known`}
            autoFocus
            autoComplete="off"
            value={address}
            onChange={(event) => {
              setAddress(event.target.value)
              setName('')
            }}
            onKeyDown={(event) => event.key === 'Enter' && add()}
          />
          <datalist id={`${id}-known`}>
            {known.slice(0, 500).map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </div>
        {kind === 'input' && (
          <>
            <label htmlFor={`${id}-name`} className="sm">
              Input
            </label>
            <div className="field">
              {declared.length > 0 ? (
                <select id={`${id}-name`} className="mono grow bare" value={chosen} onChange={(event) => setName(event.target.value)}>
                  {declared.map((each) => (
                    <option key={each.name} value={each.name}>
                      {each.name}
                    </option>
                  ))}
                </select>
              ) : (
                <input id={`${id}-name`} className="mono grow" value={name} onChange={(event) => setName(event.target.value)} onKeyDown={(event) => event.key === 'Enter' && add()} />
              )}
            </div>
          </>
        )}
      </div>
      <div className="row">
        <button type="button" className="btn sm" disabled={!ready} onClick={add}>
          {kind === 'pin' ? 'Pin its result' : 'Change it'}
        </button>
        <button type="button" className="btn quiet sm" onClick={onCancel}>
          Cancel
        </button>
        <span className="grow" />
        {kind === 'pin' && here && (
          <button type="button" className="btn quiet sm" onClick={() => onPin(address.trim(), ORIGIN)}>
            Keep its old result
          </button>
        )}
      </div>
    </div>
  )
}

function firstPin(had: Record<string, unknown> | undefined, task: CompiledTask | undefined): unknown {
  const names = task?.outputs ?? (had ? Object.keys(had) : [])
  if (names.length === 1) return had?.[names[0] as string] ?? ''
  return had ?? Object.fromEntries(names.map((name) => [name, '']))
}

/** What it had; else what stands in the flow, as an expression where it is one. */
function firstInput(had: Record<string, unknown> | undefined, task: CompiledTask | undefined, name: string): Given {
  if (had && name in had) return { value: had[name] }
  const written = task?.properties[name]
  if (typeof written === 'string' && written.includes('{{')) return { expr: written }
  return { value: typeof written === 'object' && written !== null && '$bind' in written ? '' : (written ?? '') }
}
