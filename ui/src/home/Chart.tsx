import { useEffect, useRef, useState, type ReactNode } from 'react'
import { axisSpan, axisWords, lineOf, outcomesOf, periodWords, secondTicks, ticksOf, type Period } from '../model/chart'
import { count, duration } from '../model/format'

interface Props {
  periods: readonly Period[]
  by: string
}

const LEFT = 48
const RIGHT = 12

/** Runs of each period: what ended well stands on the line, what failed hangs from it. */
export function RunsChart({ periods, by }: Props) {
  const outcomes = periods.map(outcomesOf)
  const up = ticksOf(Math.max(...outcomes.map((each) => each.well + each.open), 1), true)
  const down = Math.max(...outcomes.map((each) => each.failed), 0)
  const top = up.at(-1) ?? 1
  // both sides have one scale
  const height = 92
  const deep = down === 0 ? 0 : Math.max(10, (height * down) / top)
  const scale = (value: number) => (height * value) / top
  const line = 14 + height
  return (
    <Frame label={runsLabel(periods, by)} periods={periods} by={by} height={line + Math.min(deep, height * 2) + 26}>
      {({ x, wide, width }) => (
        <>
          {up.map((tick) => (
            <g key={tick}>
              <line className={tick === 0 ? 'ax' : 'gr'} x1={LEFT} x2={width - RIGHT} y1={line - scale(tick)} y2={line - scale(tick)} />
              <text x={LEFT - 8} y={line - scale(tick) + 4} textAnchor="end">
                {count(tick)}
              </text>
            </g>
          ))}
          {down > 0 && (
            <text x={LEFT - 8} y={line + Math.min(deep, height * 2) + 2} textAnchor="end">
              {count(down)}
            </text>
          )}
          {outcomes.map(({ well, failed, open }, at) => (
            <g key={at}>
              <title>{`${periodWords(periods[at] as Period, by)}: ${outcomeWords(periods[at] as Period)}`}</title>
              <rect className="hit" x={x(at) - wide} width={wide * 2} y={0} height={line + deep} />
              {well > 0 && <rect className="ok" x={x(at) - wide / 2} width={wide} y={line - Math.max(1, scale(well))} height={Math.max(1, scale(well))} />}
              {open > 0 && <rect className="open" x={x(at) - wide / 2} width={wide} y={line - scale(well) - Math.max(2, scale(open))} height={Math.max(2, scale(open))} />}
              {failed > 0 && <rect className="bad" x={x(at) - wide / 2} width={wide} y={line + 2} height={Math.min(Math.max(2, scale(failed)), height * 2)} />}
            </g>
          ))}
        </>
      )}
    </Frame>
  )
}

/** How long runs took that ended well: half of them no longer, and nearly all no longer. */
export function DurationChart({ periods, by }: Props) {
  const ticks = secondTicks(Math.max(...periods.map((each) => each.most_s ?? 0), 0.001))
  const top = ticks.at(-1) ?? 1
  const height = 80
  const y = (value: number) => 14 + height - (height * value) / top
  const half = periods.map((each) => each.half_s)
  const most = periods.map((each) => each.most_s)
  return (
    <Frame label={durationLabel(periods, by)} periods={periods} by={by} height={height + 42}>
      {({ x, wide, width }) => (
        <>
          {ticks.map((tick) => (
            <g key={tick}>
              <line className={tick === 0 ? 'ax' : 'gr'} x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                {axisSpan(tick)}
              </text>
            </g>
          ))}
          <path className="l2" d={lineOf(most, x, y)} />
          <path className="l1" d={lineOf(half, x, y)} />
          {periods.map((period, at) =>
            period.half_s === null || period.most_s === null ? null : (
              <g key={at}>
                <title>{`${periodWords(period, by)}: half took at most ${duration(period.half_s)}, 95 % at most ${duration(period.most_s)}`}</title>
                <rect className="hit" x={x(at) - wide} width={wide * 2} y={0} height={height + 14} />
                <circle className="p2" cx={x(at)} cy={y(period.most_s)} r={2.5} />
                <circle className="p1" cx={x(at)} cy={y(period.half_s)} r={2.5} />
              </g>
            ),
          )}
        </>
      )}
    </Frame>
  )
}

interface Drawn {
  /** The middle of a period. */
  x: (at: number) => number
  /** How wide its bar is. */
  wide: number
  width: number
}

/** What charts share: their width is that of the page, and periods stand under them. */
function Frame({ label, periods, by, height, children }: Props & { label: string; height: number; children: (drawn: Drawn) => ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    if (box.current) seen.observe(box.current)
    return () => seen.disconnect()
  }, [])
  const room = width - LEFT - RIGHT
  const step = room / Math.max(1, periods.length)
  const x = (at: number) => LEFT + (at + 0.5) * step
  const words = axisWords(periods, by, room)
  return (
    <div ref={box} className="chart-box" style={{ height }}>
      {width > 0 && (
        <svg className="chart" width={width} height={height} role="img" aria-label={label}>
          {children({ x, wide: Math.max(2, Math.min(24, step * 0.45)), width })}
          {words.map(
            (word, at) =>
              word && (
                <text key={at} x={x(at)} y={height - 6} textAnchor="middle">
                  {word}
                </text>
              ),
          )}
        </svg>
      )}
    </div>
  )
}

/** The same figures, to be read. */
export function FiguresTable({ periods, by }: Props) {
  const shown = [...periods].reverse().filter((each) => each.runs > 0)
  if (shown.length === 0) return <p className="calm">No run in this time.</p>
  return (
    <div className="figures" tabIndex={0} role="group" aria-label="Figures">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{by === 'hour' ? 'Hour' : 'Day'}</th>
            {['Runs', 'Success', 'Failed', 'Fixed', 'Half took', '95 % took'].map((word) => (
              <th key={word} scope="col" className="num">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((period) => {
            const { well, failed } = outcomesOf(period)
            return (
              <tr key={period.begin}>
                <th scope="row">{periodWords(period, by)}</th>
                <td className="num">{count(period.runs)}</td>
                <td className="num">{count(well)}</td>
                <td className="num">{count(failed)}</td>
                <td className="num">{count(period.fixed)}</td>
                <td className="num">{period.half_s !== null && duration(period.half_s)}</td>
                <td className="num">{period.most_s !== null && duration(period.most_s)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function outcomeWords(period: Period): string {
  const { well, failed, open } = outcomesOf(period)
  return [`${count(well)} success`, `${count(failed)} failed`, ...(period.fixed > 0 ? [`${count(period.fixed)} of them fixed`] : []), ...(open > 0 ? [`${count(open)} not ended`] : [])].join(', ')
}

const unit = (by: string) => (by === 'hour' ? 'an hour' : 'a day')

function runsLabel(periods: readonly Period[], by: string): string {
  const sums = periods.map(outcomesOf)
  const sum = (name: 'well' | 'failed') => count(sums.reduce((all, each) => all + each[name], 0))
  return `Runs ${unit(by)}: ${sum('well')} ended well, ${sum('failed')} failed. Successes stand above the line, failures hang below it.`
}

function durationLabel(periods: readonly Period[], by: string): string {
  const last = [...periods].reverse().find((each) => each.half_s !== null)
  if (last === undefined || last.half_s === null || last.most_s === null) return 'Duration of runs: none has ended well.'
  return `Duration of runs ${unit(by)}. ${periodWords(last, by)}: half took at most ${duration(last.half_s)}, 95 % at most ${duration(last.most_s)}.`
}
