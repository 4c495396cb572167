import { describe, expect, it } from 'vitest'
import { fuzzy } from './fuzzy'

const best = (sought: string, ...texts: string[]) =>
  texts
    .map((text) => ({ text, match: fuzzy(sought, text) }))
    .filter((each) => each.match !== null)
    .sort((one, other) => (other.match?.score ?? 0) - (one.match?.score ?? 0))
    .map((each) => each.text)

describe('what is sought', () => {
  it('is found by the beginnings of its words', () => {
    expect(best('dt', 'company.team.divvy_tripdata', 'company.team.other')).toEqual(['company.team.divvy_tripdata'])
    expect(best('rp', 'Replay this run', 'Runs')).toEqual(['Replay this run'])
    expect(fuzzy('dt', 'divvy_tripdata')?.at).toEqual([0, 6])
  })
  it('comes first where it stands together, at the beginning', () => {
    expect(best('run', 'Prune', 'Replay this run', 'Runs')).toEqual(['Runs', 'Replay this run', 'Prune'])
  })
  it('may have its words in any order', () => {
    expect(best('data divvy', 'divvy_tripdata', 'divvy')).toEqual(['divvy_tripdata'])
  })
  it('is not found in letters that lie about', () => {
    expect(fuzzy('xyz', 'example of laziness')).toBeNull()
    expect(fuzzy('eoe', 'something else here')).toBeNull()
    expect(fuzzy('', 'anything')).toEqual({ score: 0, at: [] })
  })
})
