import { same } from '../model/inputs'
import { textOfGiven, type CompiledTask, type Given } from '../model/given'
import type { Waiting } from '../model/waits'
import { useDeclared } from '../given/useDeclared'
import { ValueField } from '../given/ValueField'

interface Props {
  wait: Waiting
  task: CompiledTask | undefined
  changed: Record<string, Given>
  onChange: (changed: Record<string, Given>) => void
}

/** What a task would get that a breakpoint holds, to be changed before it begins. */
export function HeldInputs({ wait, task, changed, onChange }: Props) {
  const declared = useDeclared(task)
  const names = Object.keys(wait.properties)
  const set = (name: string, given: Given) => {
    const { [name]: _, ...rest } = changed
    onChange('value' in given && same(given.value, wait.properties[name]) ? rest : { ...changed, [name]: given })
  }
  return (
    <section className="sect">
      <header>
        <h3>Inputs it would get</h3>
        {Object.keys(changed).length > 0 && (
          <button type="button" className="as-link sm end" onClick={() => onChange({})}>
            Undo the {Object.keys(changed).length === 1 ? 'change' : 'changes'}
          </button>
        )}
      </header>
      {names.length === 0 && <p className="muted sm">It takes none, or they are known only when it begins.</p>}
      <div className="held">
        {names.map((name) => (
          <div key={name} className="held-field">
            <ValueField
              id={`held-${name}`}
              label={name}
              given={changed[name] ?? { value: wait.properties[name] }}
              type={declared.find((each) => each.name === name)?.type}
              renders={!task?.type.startsWith('python.')}
              edited={name in changed}
              onChange={(given) => set(name, given)}
            />
            {name in changed && (
              <span className="tag was" data-state="pinned">
                changed by you, was {short(textOfGiven(wait.properties[name]))}
              </span>
            )}
          </div>
        ))}
      </div>
    </section>
  )
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
