/** Gives a time span as a person reads it: at most two units. */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const pad = (number: number): string => String(number).padStart(2, '0')

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** Gives a time in the reader's zone; what is near is named by its day. */
export function when(at: Date, now: Date): string {
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}`
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000)
  if (days === 0) return `Today ${clock}:${pad(at.getSeconds())}`
  if (days === 1) return `Yesterday ${clock}`
  const day = at.getFullYear() === now.getFullYear() ? DAY.format(at).replace(',', '') : DAY_AND_YEAR.format(at)
  return `${day} ${clock}`
}

const midnight = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()

/** Gives the time of day to a tenth of a second, as log lines have it. */
export const clockOf = (at: Date): string =>
  `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${Math.floor(at.getMilliseconds() / 100)}`

/** Gives a time to the letter, with the reader's zone. */
export function exact(at: Date): string {
  const offset = -at.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)
  return `${local}${zone} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`
}

export const count = (number: number): string => number.toLocaleString('en-US')

/** Gives how many there are of something. */
export const many = (number: number, one: string, more = `${one}s`): string => `${count(number)} ${number === 1 ? one : more}`

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

export function size(bytes: number): string {
  let left = bytes
  let unit = 0
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000
    unit += 1
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${UNITS[unit]}`
}

/** Gives the time between two moments in seconds; to now where it has not ended. */
export const span = (started: number | null, ended: number | null, now: number): number | null =>
  started === null ? null : Math.max(0, (ended ?? now) - started)
