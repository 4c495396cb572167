import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { askedOf, type Asked } from '../model/relatives'
import { Mark } from '../parts/marks'
import { Value } from './ValueList'

/** What a person asked of a replay: where it starts, and which values were given in the place of others. */
export function Request({ run, request }: { run: string; request: Asked }) {
  const pins = Object.entries(request.outputs ?? {})
  const values: [string, ReactNode][] = [
    ...Object.entries(request.inputs ?? {}).map(([name, value]): [string, ReactNode] => [`input ${name}`, <Value key={name} value={value} />]),
    ...Object.entries(request.task_inputs ?? {}).map(([address, value]): [string, ReactNode] => [`inputs of ${address}`, <Value key={address} value={value} />]),
  ]
  return (
    <dl className="kv">
      <dt>Replay</dt>
      <dd>{askedOf({ ...request, inputs: {}, task_inputs: {}, outputs: {} })}</dd>
      {values.map(([name, value]) => (
        <div key={name} className="pair">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {pins.map(([address, value]) => (
        <div key={address} className="pair">
          <dt>
            <Link className="mono" to="/runs/$run" params={{ run }} search={{ task: address }}>
              {address}
            </Link>
          </dt>
          <dd>
            <span className="row" data-state="pinned">
              <Mark look="pinned" size={12} />
              {value === 'ORIGIN' || (typeof value === 'object' && value !== null && '$origin' in value) ? 'kept as it was in the origin' : <Value value={value} />}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
