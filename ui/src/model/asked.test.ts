import { describe, expect, it } from 'vitest'
import { askText, askedBy, toggledStart } from './asked'
import { compiledTasks, jsonOrText, textOfGiven, valueKind, wordOfValue } from './given'
import { taskOf } from './address'
import { asCommand, asJson, asPython, requestOf, type Choices } from './request'
import type { Bar } from './tree'
import { heldSince, NO_WAITS, pausedWords, stopsNow, stopsOf, type Waiting } from './waits'

const FIRST: Choices = {
  mode: 'task', starts: ['load'], alone: false, until: [], skip: [], revision: 2, inputs: {}, taskInputs: {}, pins: {}, breakpoints: [], acknowledge: [],
  keepEffects: false, freshClock: false, reason: '',
}
const GIVEN: Choices = {
  ...FIRST,
  taskInputs: { 'each[paris].load': { separator: { value: ';' }, rows: { expr: '{{ inputs.rows }}' } } },
  pins: { convert: '12', drop: { $origin: true }, done: {} },
  breakpoints: ['last'],
  keepEffects: true,
}

describe('what is chosen in the sheet', () => {
  it('stands in the address as far as it differs, and is read from there', () => {
    expect(askText(FIRST, FIRST)).toBeUndefined()
    const text = askText({ ...GIVEN, starts: ['other'] }, FIRST)
    expect(JSON.parse(text ?? '')).not.toHaveProperty('starts')
    expect(askedBy(text, FIRST)).toEqual(GIVEN)
  })

  it('is left as it begins where the address says something else', () => {
    for (const text of [undefined, '', 'no', '[]', '{"pins":[],"mode":"some","breakpoints":[1],"taskInputs":{"a":{"b":3}},"revision":0,"unknown":1}']) {
      expect(askedBy(text, FIRST)).toEqual({ ...FIRST })
    }
  })

  it('is not put into an address that would be too long', () => {
    expect(askText({ ...FIRST, pins: { load: 'x'.repeat(7000) } }, FIRST)).toBeUndefined()
  })

  it('takes a task for a start, and no more when it is chosen again', () => {
    expect(toggledStart({ ...FIRST, mode: 'all' }, 'load', taskOf)).toEqual({ mode: 'task', starts: ['load'] })
    expect(toggledStart(FIRST, 'fit', taskOf)).toEqual({ starts: ['load', 'fit'] })
    expect(toggledStart({ ...FIRST, starts: ['each[a].fit', 'load'] }, 'fit', taskOf)).toEqual({ starts: ['load'] })
  })
})

describe('values that are given', () => {
  it('are part of the request, the command, Python and JSON', () => {
    const request = requestOf('id', GIVEN)
    expect(request).toMatchObject({ task_inputs: GIVEN.taskInputs, outputs: GIVEN.pins, breakpoints: ['last'], effects: 'reuse' })
    expect(asCommand(request, 'rides-1')).toBe(
      "dalsegno replay rides-1 --from load --revision 2 --task-input 'each[paris].load.separator=;' --task-input-expr 'each[paris].load.rows={{ inputs.rows }}' " +
        "--pin 'convert=\"12\"' --keep drop --pin 'done={}' --break-before last --effects reuse",
    )
    const python = asPython(request, 'rides-1', 'http://127.0.0.1:1')
    expect(python).toContain('from dalsegno import Client, Expression, ORIGIN, ReplayRequest')
    expect(python).toContain('task_inputs={"each[paris].load": {"separator": ";", "rows": Expression("{{ inputs.rows }}")}}, outputs={"convert": "12", "drop": ORIGIN, "done": {}}')
    expect(JSON.parse(asJson(request)).request.outputs.drop).toEqual({ $origin: true })
  })

  it('are read as JSON or else as text, and written so that they are read as the same', () => {
    for (const value of ['plain', '12', 12, true, null, [1, 'a'], { a: 1 }, '{', '"quoted"', '']) {
      expect(jsonOrText(textOfGiven(value))).toEqual(value)
    }
    expect(textOfGiven('12', true)).toBe('12')
  })

  it('have a field by the type of the property, and a word', () => {
    expect(['Optional[bool]', 'str | None', 'Any', undefined].map(valueKind)).toEqual(['switch', 'text', 'any', 'any'])
    expect([1, 'a', true, null, [], {}, { $artifact: 'x' }].map(wordOfValue)).toEqual(['number', 'text', 'true or false', 'nothing', 'list', 'map', 'stored'])
  })

  it('know the tasks of a compiled flow, however deep they stand', () => {
    const tasks = compiledTasks({ tasks: [{ id: 'each', type: 'loop', tasks: [{ id: 'load', type: 'x', properties: { a: 1 }, outputs: ['value'] }] }], errors: [{ id: 'tell', type: 'y' }] })
    expect([...tasks.keys()]).toEqual(['each', 'load', 'tell'])
    expect(tasks.get('load')).toEqual({ id: 'load', type: 'x', properties: { a: 1 }, outputs: ['value'] })
    expect(tasks.get('tell')?.outputs).toBeNull()
  })
})

const wait = (address: string, kind: Waiting['kind']): Waiting => ({ address, kind, since: '2026-11-29T00:00:10Z', asks: [], until: null, then: null, properties: {}, run: null })

describe('a run that waits', () => {
  it('says for what', () => {
    expect([[], [wait('a', 'breakpoint')], [wait('a', 'pause')], [wait('a', 'pause'), wait('b', 'pause')]].map(pausedWords)).toEqual([
      'Paused', 'Paused at a breakpoint', 'Waits for you', 'Waits at 2 tasks',
    ])
  })

  it('is drawn from when it was stopped', () => {
    const bar = { address: 'a', started: null } as Bar
    expect(heldSince([bar], [wait('a', 'breakpoint')])[0]?.started).toBe(Date.parse('2026-11-29T00:00:10Z') / 1000)
    const bars = [bar]
    expect(heldSince(bars, NO_WAITS)).toBe(bars)
  })

  it('stops where was last said', () => {
    const planned = [{ address: 'a', task: 'a', type: '', action: 'RUN', breakpoint: true }, { address: 'each[x].b', task: 'b', type: '', action: 'RUN' }]
    expect(stopsOf(planned, { breakpoints: ['a'] })).toBe(planned)
    const request = { breakpoints: ['a'], amendments: [{ breakpoints: ['c'] }, { breakpoints: ['b'] }, { breakpoints: null }] }
    expect(stopsNow(request)).toEqual(['b'])
    expect(stopsOf(planned, request).map((each) => each.breakpoint)).toEqual([false, true])
  })
})

