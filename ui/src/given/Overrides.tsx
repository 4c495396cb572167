import { useState, type ReactNode } from 'react'
import type { Run } from '../api/queries'
import { keepsOrigin, type CompiledTask, type Given } from '../model/given'
import { taskOf } from '../model/address'
import type { Choices } from '../model/request'
import { IconButton } from '../parts/button'
import { Icon, Mark } from '../parts/marks'
import type { Loaded } from '../run/useRun'
import { AddOverride } from './AddOverride'
import { PinFields } from './PinFields'
import { useDeclared } from './useDeclared'
import { ValueField } from './ValueField'

interface Props {
  loaded: Loaded
  head: Run
  tasks: ReadonlyMap<string, CompiledTask>
  known: readonly string[]
  choices: Choices
  change: (some: Partial<Choices>) => void
  /** What was refused about an address, at its values. */
  refused: (address: string) => ReactNode
}

/** What is given in the place of what the flow says: other values for a task's properties, and results that are pinned. */
export function Overrides({ loaded, head, tasks, known, choices, change, refused }: Props) {
  const [adding, setAdding] = useState(false)
  const { taskInputs, pins } = choices
  const number = Object.keys(taskInputs).length + Object.keys(pins).length
  const setInput = (address: string, name: string, given: Given | null) => {
    const { [name]: _, ...rest } = taskInputs[address] ?? {}
    const inner = given === null ? rest : { ...taskInputs[address], [name]: given }
    const { [address]: __, ...others } = taskInputs
    change({ taskInputs: Object.keys(inner).length === 0 ? others : { ...taskInputs, [address]: inner } })
  }
  const setPin = (address: string, pin: unknown) => change({ pins: { ...pins, [address]: pin } })
  const unpin = (address: string) => {
    const { [address]: _, ...rest } = pins
    change({ pins: rest })
  }
  return (
    <div className="fs">
      <header>
        <span className="lbl">Overrides</span>
        {number === 0 && !adding && <span className="muted">none</span>}
        {!adding && (
          <button type="button" className="as-link sm end" onClick={() => setAdding(true)}>
            Add an override
          </button>
        )}
      </header>
      {Object.entries(pins).map(([address, pin]) => (
        <div key={address} className="override" role="group" aria-label={`Pin of ${address}`}>
          <div className="row sm">
            <Mark look="pinned" />
            <span className="mono cut">{address}</span>
            <span className="muted nowrap">{keepsOrigin(pin) ? 'keeps its result' : 'is pinned'}</span>
            <span className="grow" />
            <IconButton small icon="x" label={`Remove the pin of ${address}`} onClick={() => unpin(address)} />
          </div>
          <PinFields address={address} pin={pin} task={tasks.get(taskOf(address))} loaded={loaded} onChange={(next) => setPin(address, next)} />
          {refused(address)}
        </div>
      ))}
      {Object.entries(taskInputs).map(([address, inner]) => (
        <InputsOf
          key={address}
          address={address}
          inner={inner}
          task={tasks.get(taskOf(address))}
          onChange={(name, given) => setInput(address, name, given)}
          refused={refused(address)}
        />
      ))}
      {adding && (
        <AddOverride
          loaded={loaded}
          head={head}
          tasks={tasks}
          known={known}
          onPin={(address, pin) => {
            setPin(address, pin)
            setAdding(false)
          }}
          onInput={(address, name, given) => {
            setInput(address, name, given)
            setAdding(false)
          }}
          onCancel={() => setAdding(false)}
        />
      )}
    </div>
  )
}

interface InputsProps {
  address: string
  inner: Record<string, Given>
  task: CompiledTask | undefined
  onChange: (name: string, given: Given | null) => void
  refused: ReactNode
}

function InputsOf({ address, inner, task, onChange, refused }: InputsProps) {
  const declared = useDeclared(task)
  return (
    <div className="override" role="group" aria-label={`Inputs of ${address}`}>
      <div className="row sm">
        <Icon name="tool" size={14} />
        <span className="mono cut">{address}</span>
        <span className="muted nowrap">gets</span>
      </div>
      <div className="inputs closing">
        {Object.entries(inner).map(([name, given]) => (
          <div key={name} className="pair">
            <ValueField
              id={`given-${address}-${name}`}
              label={name}
              given={given}
              type={declared.find((each) => each.name === name)?.type}
              renders={!task?.type.startsWith('python.')}
              edited
              onChange={(next) => onChange(name, next)}
            />
            <IconButton small icon="x" label={`Remove ${address}.${name}`} onClick={() => onChange(name, null)} />
          </div>
        ))}
      </div>
      {refused}
    </div>
  )
}
