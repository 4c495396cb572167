import { describe, expect, it } from 'vitest'
import { asCsv, bulkBody, canaryWords, FIRST, paceWords, requestWords, restWords, type BulkJob, type BulkRow } from './bulk'

const row = (state: BulkRow['state'], why: string | null = null): BulkRow => ({ position: 0, origin: { id: 'a', name: 'rides-1' }, state, replay: null, code: null, why, at: null })

describe('a bulk replay', () => {
  it('asks for what was chosen, and for nothing else', () => {
    expect(bulkBody(['a'], FIRST)).toEqual({
      runs: ['a'],
      request: { revision: 'latest' },
      first_failed: true,
      fixed_too: false,
      pace: { at_once: 10, rate: null, canary: 3, approve: true, stop_above: 0.1 },
    })
    const body = bulkBody(
      ['a'],
      { ...FIRST, begin: 'task', tasks: ['load'], skip: ['get'], revision: '3', rate: '30', per: 'minute', canary: '', stopAbove: '', inputs: [['rows', '7'], ['', 'x']], effects: 'reuse', reason: ' why ' },
      [{ id: 'rows', type: 'INT' }],
    )
    expect(body.request).toEqual({ revision: 3, start: ['load'], skip: ['get'], inputs: { rows: 7 }, effects: 'reuse', reason: 'why' })
    expect(body).toMatchObject({ first_failed: false, pace: { rate: 0.5, canary: 0, stop_above: null } })
  })
  it('is told in words', () => {
    expect(requestWords({ revision: 'latest' }, true)).toBe('from the failed task, latest revision')
    expect(requestWords({ start: ['a', 'b'], revision: 4 }, false)).toBe('from a, b, revision 4')
    expect(requestWords({ skip_successful: true }, false)).toBe('what failed, the revision of each')
    expect(paceWords({ at_once: 10, rate: 0.5, canary: 0, approve: true, stop_above: null })).toBe('10 at once, 30 a minute')
    expect(canaryWords([row('SUCCEEDED'), row('RUNNING')])).toBe('1 of 2 runs ended')
    expect(canaryWords([row('SUCCEEDED'), row('FAILED')])).toBe('1 of 2 succeeded')
  })
  it('tells when it ends by the speed that it has had', () => {
    const counts = { waiting: 60, running: 0, paused: 0, succeeded: 28, failed: 2, refused: 0, skipped: 0 }
    const job = { state: 'RUNNING', started: '2026-11-21T09:00:00Z', ended: null, counts } as BulkJob
    expect(restWords(job, Date.parse('2026-11-21T09:01:00Z'))).toBe('in about 2 min 00 s')
    expect(restWords({ ...job, state: 'PAUSED' }, Date.parse('2026-11-21T09:01:00Z'))).toBeNull()
  })
  it('gives its results as a table in which no text is a formula', () => {
    expect(asCsv([row('REFUSED', '=1+1, "so"')])).toBe('origin,replay,result,state,why,at\nrides-1,,REFUSED,,"\'=1+1, ""so""",\n')
  })
})
