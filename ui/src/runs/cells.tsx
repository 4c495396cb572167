import type { ReactNode } from 'react'
import { useNow } from '../api/hooks'
import type { Run } from '../api/queries'
import type { TaskCount } from '../api/statistics'
import { segments } from '../model/address'
import { duration, span } from '../model/format'
import { hasEnded } from '../model/looks'
import { stripOf, stripWords } from '../model/strip'
import { Moment } from '../parts/time'
import type { Column } from './columns'

const WIDTHS: Partial<Record<Column, number | string>> = { flow: '18%', revision: 68, attempt: 72, tasks: 120, made: 158, begun: 158, ended: 158, duration: 106, author: 130, failed: 140, reason: '14%', labels: '14%' }
const NUMBERS = new Set<Column>(['revision', 'attempt', 'duration'])

export const widthOf = (column: Column) => WIDTHS[column]
/** How wide a table has to be so that names have room beside these columns. */
export const leastWidth = (columns: readonly Column[]): number =>
  columns.reduce((sum, column) => {
    const width = widthOf(column)
    return sum + (typeof width === 'number' ? width : 150)
  }, 412)

export const headOf = (column: Column): string | undefined => (NUMBERS.has(column) ? 'num' : undefined)

/** One cell of a row. */
export function cellOf(column: Column, run: Run, counts: readonly TaskCount[] | undefined): ReactNode {
  if (column === 'duration') return <Duration key={column} run={run} />
  if (column === 'tasks') {
    return (
      <td key={column} className="only-wide">
        {counts && counts.length > 0 && <Strip counts={counts} />}
      </td>
    )
  }
  const shown = valueOf(column, run)
  return (
    <td key={column} className={`${NUMBERS.has(column) ? 'num ' : ''}soft cut only-wide`} title={typeof shown === 'string' ? shown : undefined}>
      {shown}
    </td>
  )
}

function valueOf(column: Column, run: Run): ReactNode {
  switch (column) {
    case 'flow':
      return `${run.namespace}.${run.flow}`
    case 'revision':
      return run.revision
    case 'attempt':
      return run.attempt
    case 'failed':
      return typeof run.error?.address === 'string' && <code>{segments(run.error.address).at(-1)}</code>
    case 'labels':
      return Object.entries(run.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
    case 'reason':
      return run.reason
    case 'made':
      return <Moment at={run.created} />
    case 'begun':
      return <Moment at={run.started} />
    case 'ended':
      return <Moment at={run.ended} />
    default:
      return run.author
  }
}

/** The tasks of a run as blocks: by share where there are many. */
export function Strip({ counts }: { counts: readonly TaskCount[] }) {
  const words = stripWords(counts)
  return (
    <span className="strip" role="img" aria-label={words} title={words}>
      {stripOf(counts).map((block, at) => (
        <i key={at} data-state={block.look} style={{ '--w': `${block.width}px` } as React.CSSProperties} />
      ))}
    </span>
  )
}

function Duration({ run }: { run: Run }) {
  const moving = run.started !== null && !hasEnded(run.state)
  const now = useNow(moving) / 1000
  const long = span(seconds(run.started), seconds(run.ended), now)
  return <td className="num soft c-duration">{long !== null && duration(long)}</td>
}

const seconds = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment) / 1000)
