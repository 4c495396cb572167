/** One clock: where its moments stand between 0 and 1, with idle time cut out. */
export interface Clock {
  start: number
  /** Stretches of time that are drawn, each with where it stands. */
  parts: readonly { from: number; to: number; at: number; width: number }[]
  /** How much idle time was cut out, in seconds. */
  cut: number
  /** How much time is drawn, in seconds. */
  drawn: number
}

export interface Span {
  from: number
  to: number
}

/** How wide a cut is drawn, as a share of the work. */
const GAP = 0.03

/** Makes a clock over spans of work; idle time of more than a third of the work is cut out of it. */
export function clockOver(spans: readonly Span[], cutting = true): Clock {
  const busy = joined(spans)
  const first = busy[0]
  if (first === undefined) return { start: 0, parts: [], cut: 0, drawn: 0 }
  const work = busy.reduce((sum, each) => sum + each.to - each.from, 0)
  const stretches: Span[] = [{ ...first }]
  let cut = 0
  for (const each of busy.slice(1)) {
    const last = stretches[stretches.length - 1] as Span
    if (cutting && each.from - last.to > Math.max(work / 3, 0.001)) {
      cut += each.from - last.to
      stretches.push({ ...each })
    } else last.to = each.to
  }
  const drawn = stretches.reduce((sum, each) => sum + each.to - each.from, 0) || 1
  const gap = GAP * drawn
  const whole = drawn + gap * (stretches.length - 1)
  let at = 0
  const parts = stretches.map((each) => {
    const part = { ...each, at: at / whole, width: (each.to - each.from) / whole }
    at += each.to - each.from + gap
    return part
  })
  return { start: first.from, parts, cut, drawn }
}

function joined(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((one, other) => one.from - other.from)
  const found: Span[] = []
  for (const each of sorted) {
    const last = found[found.length - 1]
    if (last && each.from <= last.to) last.to = Math.max(last.to, each.to)
    else found.push({ ...each })
  }
  return found
}

/** Gives where a moment stands between 0 and 1; one that was cut out stands at the cut. */
export function place(clock: Clock, moment: number): number {
  for (const part of clock.parts) {
    if (moment <= part.from) return part.at
    if (moment <= part.to) return part.to === part.from ? part.at : part.at + ((moment - part.from) / (part.to - part.from)) * part.width
  }
  const last = clock.parts[clock.parts.length - 1]
  return last === undefined ? 0 : last.at + last.width
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600,
  7200, 14_400, 21_600, 43_200, 86_400, 172_800, 432_000]

/** Gives round times since the start, about as many as there is room for, with where they stand; of a part, if one is named. */
export function ticks(clock: Clock, room: number, seen: { from: number; to: number } = { from: 0, to: 1 }): { at: number; label: string }[] {
  if (clock.parts.length === 0) return []
  const step = STEPS.find((each) => clock.drawn / each <= room) ?? 864_000
  const found: { at: number; label: string }[] = []
  for (const part of clock.parts) {
    const inside = (share: number) => part.from + ((share - part.at) / (part.width || 1)) * (part.to - part.from)
    const from = Math.max(part.from, inside(seen.from))
    const to = Math.min(part.to, inside(seen.to))
    for (let number = Math.ceil((from - clock.start) / step - 1e-9); clock.start + number * step <= to + 1e-9; number += 1) {
      found.push({ at: place(clock, clock.start + number * step), label: elapsed(number * step) })
    }
  }
  return found
}

function elapsed(seconds: number): string {
  if (seconds === 0) return '0'
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${Number(seconds.toFixed(3))} s`
  if (seconds < 3600) {
    const rest = Number((seconds % 60).toFixed(3))
    return rest === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${rest} s`
  }
  const minutes = Math.round((seconds % 3600) / 60)
  return minutes === 0 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 3600)} h ${minutes} min`
}

/** Gives the room that a live run has on the axis: it grows by half at a time, so that bars do not shrink at each moment. */
export function roomFor(seconds: number): number {
  let room = 2
  while (room < seconds) room *= 1.5
  return room
}

/** Two clocks beside each other: the origin's on the left, this run's on the right, with a gap between them. */
export interface Axis {
  past: Clock | null
  present: Clock
  /** The share of the width that the origin's clock has. */
  share: number
}

const MOST = 0.38
const LEAST = 0.12
const BETWEEN = 0.034

export function axisOf(past: readonly Span[], present: readonly Span[], cutting = true): Axis {
  const now = clockOver(present, cutting)
  if (past.length === 0) return { past: null, present: now, share: 0 }
  const before = clockOver(past, cutting)
  const wanted = before.drawn / (before.drawn + now.drawn || 1)
  return { past: before, present: now, share: Math.min(MOST, Math.max(LEAST, wanted)) }
}

/** Gives where a moment of the origin stands over the whole width, in per cent. */
export const pastAt = (axis: Axis, moment: number): number =>
  axis.past === null ? 0 : place(axis.past, moment) * axis.share * 100

/** Gives where a moment of this run stands over the whole width, in per cent. */
export const presentAt = (axis: Axis, moment: number): number => onPresent(axis, place(axis.present, moment))

/** Gives the shares of both clocks that are seen between two per cents of the whole width. */
export function seenOf(axis: Axis, from: number, to: number): { past: Span; present: Span } {
  const left = axis.past === null ? 0 : axis.share + BETWEEN
  const bounded = (share: number) => Math.min(1, Math.max(0, share))
  const of = (start: number, width: number) => ({ from: bounded((from / 100 - start) / width), to: bounded((to / 100 - start) / width) })
  return { past: of(0, axis.share || 1), present: of(left, 1 - left) }
}

/** Gives where a share of this run's clock stands over the whole width, in per cent. */
export function onPresent(axis: Axis, share: number): number {
  const left = axis.past === null ? 0 : axis.share + BETWEEN
  return (left + share * (1 - left)) * 100
}
