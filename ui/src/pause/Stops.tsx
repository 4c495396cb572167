import { TagsInput } from '@mantine/core'
import { usePlanned, type Loaded } from '../run/useRun'

/** Before which tasks the run stops from now on. */
export function Stops({ run, loaded, value, onChange }: { run: string; loaded: Loaded; value: string[]; onChange: (value: string[]) => void }) {
  const planned = usePlanned(run, loaded)
  const begun = new Set(loaded.gantt?.bars.map((bar) => bar.address))
  const known = [...new Set(planned.filter((each) => !begun.has(each.address)).map((each) => each.address))]
  return (
    <section className="sect">
      <header>
        <h3>Stops next</h3>
      </header>
      <TagsInput
        aria-label="Breakpoints from now on"
        placeholder={value.length === 0 ? 'At no other breakpoint' : ''}
        value={value}
        data={known}
        onChange={onChange}
        limit={200}
        maxDropdownHeight={240}
        classNames={{ pill: 'mono', input: 'tasks-input' }}
      />
    </section>
  )
}
