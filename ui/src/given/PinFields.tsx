import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { outputsQuery, recentQuery, taskTypeQuery } from '../api/queries'
import { keepsOrigin, ORIGIN, type CompiledTask } from '../model/given'
import { Segments } from '../parts/pieces'
import type { Loaded } from '../run/useRun'
import { ValueField } from './ValueField'

interface Props {
  address: string
  pin: unknown
  task: CompiledTask | undefined
  loaded: Loaded
  onChange: (pin: unknown) => void
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The result that a pin gives: a field for each output, or the result of the origin or of a run near it. */
export function PinFields({ address, pin, task, loaded, onChange }: Props) {
  const outputs = useQuery({ ...outputsQuery(loaded.head?.id ?? ''), enabled: loaded.head !== undefined })
  const had = outputs.data?.tasks[address]
  const names = task?.outputs ?? (had ? Object.keys(had) : null)
  const keeps = keepsOrigin(pin)
  const known = task !== undefined && !task.type.startsWith('python.')
  const told = useQuery({ ...taskTypeQuery(task?.type ?? ''), enabled: known }).data?.outputs ?? []
  const types = new Map(told.map((each) => [String(each.name), String(each.type)]))
  const asValue = (found: Record<string, unknown> | undefined): unknown => (names?.length === 1 ? (found?.[names[0] as string] ?? '') : (found ?? {}))
  return (
    <div className="closing-body">
      {had !== undefined && (
        <Segments
          label={`What the pin of ${address} gives`}
          value={keeps ? 'origin' : 'value'}
          choices={[
            { value: 'value', label: 'A value' },
            { value: 'origin', label: 'Its old result' },
          ]}
          onChange={(choice) => onChange(choice === 'origin' ? ORIGIN : asValue(had))}
        />
      )}
      {!keeps && (
        <>
          <Outputs address={address} pin={pin} names={names} types={types} onChange={onChange} />
          <TakeFrom address={address} loaded={loaded} onTake={(found) => onChange(asValue(found))} />
        </>
      )}
    </div>
  )
}

interface OutputsProps {
  address: string
  pin: unknown
  names: readonly string[] | null
  types: ReadonlyMap<string, string>
  onChange: Props['onChange']
}

function Outputs({ address, pin, names, types, onChange }: OutputsProps) {
  const id = `pin-${address}`
  if (names?.length === 0) return <p className="muted sm">It has no outputs: it counts as done.</p>
  if (names === null || names.length === 1) {
    return (
      <div className="inputs">
        <ValueField id={id} label={names?.[0] ?? 'outputs'} given={{ value: pin }} type={types.get(names?.[0] ?? '')} edited onChange={(given) => onChange((given as { value: unknown }).value)} />
      </div>
    )
  }
  const values = isMap(pin) ? pin : {}
  return (
    <div className="inputs">
      {names.map((name) => (
        <ValueField
          key={name}
          id={`${id}-${name}`}
          label={name}
          given={{ value: values[name] }}
          type={types.get(name)}
          edited
          onChange={(given) => onChange({ ...values, [name]: (given as { value: unknown }).value })}
        />
      ))}
    </div>
  )
}

/** Takes the result that the task had in another run: of the lineage, or one of the newest of the flow. */
function TakeFrom({ address, loaded, onTake }: { address: string; loaded: Loaded; onTake: (outputs: Record<string, unknown>) => void }) {
  const client = useQueryClient()
  const [lacks, setLacks] = useState<string | null>(null)
  const head = loaded.head
  const recent = useQuery({ ...recentQuery(head?.namespace ?? '', head?.flow ?? ''), enabled: head !== undefined }).data ?? []
  const others = [...new Map([...loaded.lineage, ...recent].map((each) => [each.id, each])).values()].filter((each) => each.id !== head?.id)
  if (others.length === 0) return null
  const take = async (run: string) => {
    const found = (await client.fetchQuery(outputsQuery(run))).tasks[address]
    setLacks(found === undefined ? (others.find((each) => each.id === run)?.name ?? run) : null)
    if (found !== undefined) onTake(found)
  }
  return (
    <div className="row sm wrap">
      <select className="field other" aria-label={`Take the result of ${address} from another run`} value="" onChange={(event) => event.target.value && void take(event.target.value)}>
        <option value="">Take it from</option>
        {others.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </select>
      {lacks && <span role="status">{lacks} has no result of it.</span>}
    </div>
  )
}
