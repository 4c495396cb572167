import { TagsInput } from '@mantine/core'
import type { Problem } from '../api/client'
import type { Begin, BulkChoices, Per, Preview } from '../model/bulk'
import type { InputField } from '../model/inputs'
import { IconButton } from '../parts/button'
import { Notice, Prose, Segments } from '../parts/pieces'

interface Props {
  choices: BulkChoices
  change: (some: Partial<BulkChoices>) => void
  /** The flow that all runs are of; nothing where they are of several. */
  flow: string | null
  fields: readonly InputField[]
  preview: Preview | undefined
  refused: Problem | null
}

const BEGINS: readonly { value: Begin; label: string }[] = [
  { value: 'failed-task', label: 'Failed task' },
  { value: 'task', label: 'A task' },
  { value: 'failed', label: 'What failed' },
  { value: 'changed', label: 'Changed' },
  { value: 'all', label: 'All' },
]
const MEANS: Record<Begin, string> = {
  'failed-task': 'Each begins at the task that failed first in it, and runs everything downstream of it.',
  task: 'Each begins at these, and runs everything downstream of them.',
  failed: 'Whatever has a result is kept.',
  changed: 'Only what changed, what failed, and what comes out otherwise for it.',
  all: 'All tasks run again, with the inputs of the origins.',
}

/** What is asked of each replay, and how fast they go. */
export function BulkForm(props: Props) {
  const { choices, change, refused } = props
  return (
    <form className="sheet-form" aria-label="Request" onSubmit={(event) => event.preventDefault()}>
      {refused && (
        <div className="fs">
          <Notice look="failed" role="alert">
            <Prose text={refused.message} />
          </Notice>
        </div>
      )}
      <div className="fs">
        <span className="lbl">Run again</span>
        <Segments label="Run again" value={choices.begin} choices={BEGINS} onChange={(begin) => change({ begin })} />
        {choices.begin === 'task' && <Names label="Tasks to start from" placeholder="Add a task" value={choices.tasks} onChange={(tasks) => change({ tasks })} />}
        <span className="sm soft">{MEANS[choices.begin]}</span>
        <Names label="Skip" shown placeholder="Reuse the result of a task" value={choices.skip} onChange={(skip) => change({ skip })} />
        <label className="opt">
          <input type="checkbox" checked={choices.fixedToo} onChange={(event) => change({ fixedToo: event.target.checked })} />
          <span>Also runs that are fixed already</span>
        </label>
      </div>
      <Revision {...props} />
      <Inputs {...props} />
      <Effects {...props} />
      <Pacing {...props} />
      <div className="fs last">
        <label htmlFor="why">Reason</label>
        <div className="field">
          <input id="why" value={choices.reason} maxLength={500} placeholder="Stands in each replay" onChange={(event) => change({ reason: event.target.value })} />
        </div>
      </div>
    </form>
  )
}

interface NamesProps {
  label: string
  shown?: boolean
  placeholder: string
  value: string[]
  onChange: (value: string[]) => void
}

function Names({ label, shown, placeholder, value, onChange }: NamesProps) {
  return (
    <TagsInput
      label={shown ? label : undefined}
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onChange={onChange}
      limit={200}
      comboboxProps={{ withinPortal: false }}
      classNames={{ pill: 'mono', input: 'tasks-input', label: 'lbl-small' }}
    />
  )
}

function Revision({ choices, change, flow, preview }: Props) {
  const kind = choices.revision === 'latest' || choices.revision === 'original' ? choices.revision : 'number'
  const shown = preview?.revisions.length === 1 ? preview.revisions[0]?.revision : undefined
  return (
    <div className="fs">
      <span className="lbl">Revision</span>
      <div className="row">
        <Segments
          label="Revision"
          value={kind}
          choices={[
            { value: 'latest', label: 'Latest' },
            { value: 'original', label: 'That of each' },
            ...(flow === null ? [] : [{ value: 'number', label: 'Another' }]),
          ]}
          onChange={(value) => change({ revision: value === 'number' ? String(shown ?? 1) : value })}
        />
        {kind === 'number' && (
          <div className="field short">
            <input type="number" min={1} aria-label="Number of the revision" value={choices.revision} onChange={(event) => change({ revision: event.target.value || '1' })} />
          </div>
        )}
      </div>
    </div>
  )
}

/** Other values for inputs: those that all replays take. */
function Inputs({ choices, change, flow, fields }: Props) {
  const { inputs } = choices
  const edit = (at: number, pair: [string, string]) => change({ inputs: inputs.map((each, index) => (index === at ? pair : each)) })
  return (
    <div className="fs">
      <span className="lbl">Inputs</span>
      {inputs.length === 0 && <span className="sm soft">Each replay takes those of its origin.</span>}
      {inputs.map(([name, text], at) => (
        <div key={at} className="pair">
          <div className="field">
            <input list="bulk-inputs" aria-label="Name of the input" placeholder="name" value={name} onChange={(event) => edit(at, [event.target.value, text])} />
          </div>
          <div className="field">
            <input aria-label={`Value of ${name || 'the input'}`} placeholder="value for all" value={text} onChange={(event) => edit(at, [name, event.target.value])} />
          </div>
          <IconButton icon="x" label={`Drop ${name || 'this input'}`} small onClick={() => change({ inputs: inputs.filter((_, index) => index !== at) })} />
        </div>
      ))}
      <datalist id="bulk-inputs">
        {fields.map((field) => (
          <option key={field.id} value={field.id} />
        ))}
      </datalist>
      <button type="button" className="as-link sm" onClick={() => change({ inputs: [...inputs, ['', '']] })}>
        {inputs.length === 0 ? 'Give one another value' : 'One more'}
        {flow === null && ', in runs of several flows'}
      </button>
    </div>
  )
}

function Effects({ choices, change }: Props) {
  return (
    <div className="fs">
      <span className="lbl">Tasks with outside effects that ran already</span>
      <Segments
        label="Tasks with outside effects"
        value={choices.effects}
        choices={[
          { value: 'ask', label: 'Refuse the run' },
          { value: 'reuse', label: 'Reuse their results' },
        ]}
        onChange={(effects) => change({ effects })}
      />
      <Names label="Run these again all the same" shown placeholder="Add a task" value={choices.acknowledge} onChange={(acknowledge) => change({ acknowledge })} />
    </div>
  )
}

function Pacing({ choices, change }: Props) {
  const number = (label: string, name: 'atOnce' | 'rate' | 'canary' | 'stopAbove', hint?: string) => (
    <div className="field short">
      <input type="number" min={0} aria-label={label} placeholder={hint} value={choices[name]} onChange={(event) => change({ [name]: event.target.value })} />
    </div>
  )
  const canaries = Number(choices.canary) > 0
  return (
    <div className="fs">
      <span className="lbl">Pace</span>
      <div className="row wrap">
        {number('Replays at once', 'atOnce', '10')} at once, begin at most {number('Replays begun', 'rate', 'any')} a
        <select className="field other" aria-label="Rate per" value={choices.per} onChange={(event) => change({ per: event.target.value as Per })}>
          <option value="second">second</option>
          <option value="minute">minute</option>
          <option value="hour">hour</option>
        </select>
      </div>
      <div className="row wrap">{number('Canaries', 'canary', '0')} first, as canaries</div>
      {canaries && (
        <Segments
          label="After the canaries"
          value={choices.approve ? 'ask' : 'go'}
          choices={[
            { value: 'ask', label: 'Then wait for me' },
            { value: 'go', label: 'Go on if all went well' },
          ]}
          onChange={(value) => change({ approve: value === 'ask' })}
        />
      )}
      <div className="row wrap">stop above {number('Stop above, in per cent', 'stopAbove', 'never')} % failed</div>
    </div>
  )
}
