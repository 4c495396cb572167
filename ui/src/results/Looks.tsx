import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { kindOf, muchOf } from '../model/artifacts'
import { count, many, size as sizeOf } from '../model/format'
import { jsonOf } from '../model/json'
import { Mark } from '../parts/marks'
import { Empty, Failure, Skeleton, StateWord } from '../parts/pieces'
import { JsonTree } from './JsonTree'
import { contentOf, textOfQuery, type Preview, type Use } from './queries'
import { ColumnsView, TableView } from './TableView'

export type View = 'table' | 'columns' | 'array' | 'image' | 'tree' | 'text' | 'summary' | 'uses'

/** Bytes of JSON up to which it is drawn as a tree. */
const LARGEST_TREE = 8_000_000

/** Gives the ways in which an artifact can be looked at, the best first. */
export function viewsOf(preview: Preview, uses: readonly Use[] | undefined): { value: View; label: string }[] {
  const views: { value: View; label: string }[] = []
  const { artifact, table, array, image, text } = preview
  if (image) views.push({ value: 'image', label: 'Picture' })
  if (table) views.push({ value: 'table', label: 'Table' }, { value: 'columns', label: `Columns ${count(table.columns.length)}` })
  if (array) views.push({ value: 'array', label: 'Array' })
  if (text !== null && isJson(preview)) views.push({ value: 'tree', label: 'Tree' })
  if (text !== null) views.push({ value: 'text', label: 'Text' })
  if (views.length === 0 || Object.keys(artifact.summary).length > 0) views.push({ value: 'summary', label: 'Summary' })
  views.push({ value: 'uses', label: uses ? `Used by ${count(uses.length)}` : 'Used by' })
  return views
}

function isJson({ artifact, text, complete }: Preview): boolean {
  const named = artifact.kind === 'json' || /\.json$/i.test(artifact.name)
  return named && artifact.size <= LARGEST_TREE && (!complete || jsonOf(text ?? '') !== null)
}

/** An artifact, looked at in one way. */
export function Looks({ preview, name, view, uses }: { preview: Preview; name: string; view: View; uses: readonly Use[] | undefined }) {
  if (view === 'table' && preview.table) return <TableView table={preview.table} />
  if (view === 'columns' && preview.table) return <ColumnsView table={preview.table} />
  if (view === 'array' && preview.array) return <ArrayView array={preview.array} />
  if (view === 'tree') return <Tree preview={preview} name={name} />
  if (view === 'text') return <Text text={preview.text ?? ''} />
  if (view === 'image') {
    return (
      <div className="scroll picture" tabIndex={0} role="group" aria-label="Picture">
        <img src={contentOf(name, true)} alt={`${preview.artifact.name}, as it was stored`} />
      </div>
    )
  }
  return view === 'uses' ? <Uses uses={uses} /> : <Summary preview={preview} />
}

function Tree({ preview, name }: { preview: Preview; name: string }) {
  const whole = useQuery({ ...textOfQuery(name), enabled: !preview.complete })
  const text = preview.complete ? preview.text : whole.data
  if (whole.error) return <Failure error={whole.error} again={() => void whole.refetch()} />
  if (text === undefined || text === null) return <Skeleton rows={12} />
  const found = jsonOf(text)
  if (found === null) return <Text text={text} />
  return (
    <div className="scroll padded">
      <JsonTree value={found.value} label={preview.artifact.name} depth={2} />
    </div>
  )
}

function Text({ text }: { text: string }) {
  const lines = text.replace(/\n$/, '').split('\n')
  return (
    <div className="scroll code" tabIndex={0} role="group" aria-label="Text">
      {lines.map((line, at) => (
        <div key={at} className="ln">
          <span>{at + 1}</span>
          <span>{line}</span>
        </div>
      ))}
    </div>
  )
}

function ArrayView({ array }: { array: NonNullable<Preview['array']> }) {
  const columns = array.corner[0]?.length ?? 0
  const dimensions = array.shape.length
  const facts: [string, string | null | undefined][] = [['Least', array.least], ['Greatest', array.most], ['Mean', array.mean]]
  return (
    <div className="scroll padded" tabIndex={0} role="group" aria-label="Array">
      <dl className="facts">
        {facts.map(([label, value]) =>
          value ? (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <p className="muted sm corner-note">
        {dimensions > 2 ? `the first numbers at 0 of the first ${many(dimensions - 2, 'dimension')}` : 'the first numbers'}
      </p>
      <table className="corner">
        <tbody>
          {array.corner.map((row, at) => (
            <tr key={at}>
              {dimensions > 1 && (
                <th scope="row" className="muted">
                  {at}
                </th>
              )}
              {row.map((cell, column) => (
                <td key={column} className="mono">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {columns === 0 && <p className="muted">It has no numbers.</p>}
    </div>
  )
}

/** What is known of a value that cannot be looked into. */
function Summary({ preview: { artifact, text, table, array, image } }: { preview: Preview }) {
  const blind = text === null && !table && !array && !image
  const facts = Object.entries(artifact.summary).filter(([, value]) => value !== null && value !== undefined)
  return (
    <div className="scroll padded">
      {blind && (
        <p className="lead">
          {artifact.summary.unsafe
            ? `It is pickled: to look into it would carry out what stands in it, so that no server does. Load it in Python, or download it.`
            : `It is ${artifact.kind === 'file' ? 'no text and no format that is known here' : `kept as ${kindOf(artifact)}`}. Download it to look into it.`}
        </p>
      )}
      {facts.length > 0 ? (
        <JsonTree value={artifact.summary} label="Summary" depth={2} />
      ) : (
        <p className="muted">{muchOf(artifact) || sizeOf(artifact.size)}</p>
      )}
    </div>
  )
}

function Uses({ uses }: { uses: readonly Use[] | undefined }) {
  if (uses === undefined) return <Skeleton />
  if (uses.length === 0) {
    return (
      <Empty title="Nothing has used it yet">
        <p className="soft">The tasks that read it will stand here, in its run, in replays of it and in subflows; and the replays that kept it.</p>
      </Empty>
    )
  }
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Used by">
      <table className="table uses">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            <th scope="col">How</th>
          </tr>
        </thead>
        <tbody>
          {uses.map((use) => (
            <tr key={use.task_run}>
              <td className="cut">
                <Link className="link mono" to="/runs/$run" params={{ run: use.run }} search={{ task: use.address }}>
                  {use.address}
                </Link>
              </td>
              <td className="cut">
                <Link to="/runs/$run" params={{ run: use.run }} search={{}}>
                  {use.run_name}
                </Link>
              </td>
              <td>
                <StateWord state={use.state} />
              </td>
              <td className="soft">
                {use.kept ? (
                  <span className="row">
                    <Mark look="reused" size={12} /> kept the result
                  </span>
                ) : (
                  'read it'
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
