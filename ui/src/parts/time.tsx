import { exact, when } from '../model/format'

/** A moment in the reader's zone, to the letter where the pointer rests on it. */
export function Moment({ at }: { at: string | number | null }) {
  if (at === null) return null
  const moment = new Date(typeof at === 'number' ? at * 1000 : at)
  return (
    <time dateTime={moment.toISOString()} title={exact(moment)}>
      {when(moment, new Date())}
    </time>
  )
}
