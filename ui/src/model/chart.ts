import { duration } from './format'

/** What a chart has to know of a period. */
export interface Period {
  begin: string
  end: string
  runs: number
  counts: Readonly<Record<string, number>>
  fixed: number
  half_s: number | null
  most_s: number | null
}

/** What became of the runs of a period: well, not well, and not known yet. */
export function outcomesOf({ counts, runs }: Pick<Period, 'counts' | 'runs'>): { well: number; failed: number; open: number } {
  const well = (counts.SUCCESS ?? 0) + (counts.WARNING ?? 0)
  const failed = (counts.FAILED ?? 0) + (counts.KILLED ?? 0)
  return { well, failed, open: runs - well - failed }
}

/** Gives round numbers from zero to one that is not below the largest: three to five of them. */
export function ticksOf(largest: number, whole = false): number[] {
  if (largest <= 0) return [0, 1]
  const rough = largest / 3
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough) ?? rough
  const steps = whole ? Math.max(1, Math.round(step)) : step
  return Array.from({ length: Math.ceil(largest / steps - 1e-9) + 1 }, (_, at) => at * steps)
}

const ROUND = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]

/** The same for seconds: steps of whole minutes, hours and days. */
export function secondTicks(largest: number): number[] {
  if (largest <= 0) return [0, 1]
  const rough = largest / 3
  const step = ROUND.find((each) => each >= rough) ?? Math.ceil(rough / 86_400) * 86_400
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, at) => at * step)
}

/** Gives a time span on an axis: the shorter of its forms. */
export const axisSpan = (seconds: number): string => (seconds === 0 ? '0' : duration(seconds).replace(/ 00 (s|min)$/, '').replace(/\.0 /, ' '))

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric' })
const FIRST_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Gives the words under the axis: hours, or days with the month where it begins; as many as have room. */
export function axisWords(periods: readonly Pick<Period, 'begin'>[], by: string, room: number): (string | null)[] {
  const every = Math.max(1, Math.ceil((periods.length * (by === 'hour' ? 34 : 30)) / Math.max(1, room)))
  let month = -1
  return periods.map((period, at) => {
    // counted from the end, so that the present one always has its word
    if ((periods.length - 1 - at) % every !== 0) return null
    const begin = new Date(period.begin)
    if (by === 'hour') return `${String(begin.getHours()).padStart(2, '0')}`
    const words = begin.getMonth() === month ? DAY.format(begin) : FIRST_DAY.format(begin)
    month = begin.getMonth()
    return words
  })
}

const WHOLE_DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })

/** Names a period. */
export function periodWords(period: Pick<Period, 'begin'>, by: string): string {
  const begin = new Date(period.begin)
  const day = WHOLE_DAY.format(begin).replace(',', '')
  return by === 'hour' ? `${day} ${String(begin.getHours()).padStart(2, '0')}:00` : day
}

/** Gives the path of a line through points; it breaks off where nothing is known. */
export function lineOf(values: readonly (number | null)[], x: (at: number) => number, y: (value: number) => number): string {
  let pen = false
  return values
    .map((value, at) => {
      if (value === null) {
        pen = false
        return ''
      }
      const word = `${pen ? 'L' : 'M'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`
      pen = true
      return word
    })
    .join('')
}
