import type { Run } from '../api/queries'
import { many } from '../model/format'
import { IconButton } from '../parts/button'

/** Which labels runs are to get, and which to lose. */
export interface Labelling {
  add: [string, string][]
  remove: string[]
}

interface Props {
  runs: readonly Run[]
  value: Labelling
  change: (value: Labelling) => void
}

/** Writes labels that are added, and ticks those that are taken away. */
export function Labels({ runs, value, change }: Props) {
  const known = knownLabels(runs)
  const edit = (at: number, pair: [string, string]) => change({ ...value, add: value.add.map((each, index) => (index === at ? pair : each)) })
  return (
    <>
      <fieldset className="bare-set">
        <legend className="lbl-small">Add</legend>
        <div className="pairs">
          {value.add.map(([name, text], at) => (
            <div key={at} className="pair">
              <div className="field">
                <input aria-label="Name of the label" placeholder="name" value={name} autoFocus={at === 0} onChange={(event) => edit(at, [event.target.value, text])} />
              </div>
              =
              <div className="field">
                <input aria-label="Value of the label" placeholder="value" value={text} onChange={(event) => edit(at, [name, event.target.value])} />
              </div>
              {value.add.length > 1 && <IconButton icon="x" label="Drop this label" small onClick={() => change({ ...value, add: value.add.filter((_, index) => index !== at) })} />}
            </div>
          ))}
          <button type="button" className="as-link sm" onClick={() => change({ ...value, add: [...value.add, ['', '']] })}>
            One more
          </button>
        </div>
      </fieldset>
      {known.length > 0 && (
        <fieldset className="bare-set">
          <legend className="lbl-small">Take away</legend>
          {known.map(([name, runsWith]) => (
            <label key={name} className="opt">
              <input
                type="checkbox"
                checked={value.remove.includes(name)}
                onChange={(event) => change({ ...value, remove: event.target.checked ? [...value.remove, name] : value.remove.filter((each) => each !== name) })}
              />
              <code>{name}</code>
              <span className="muted sm">{many(runsWith, 'run')}</span>
            </label>
          ))}
        </fieldset>
      )}
    </>
  )
}

/** The names of the labels that runs have, with how many have each. */
function knownLabels(runs: readonly Run[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const run of runs) for (const name of Object.keys(run.labels)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([one], [other]) => one.localeCompare(other))
}
