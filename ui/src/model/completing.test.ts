import { describe, expect, it } from 'vitest'
import names from '../edit/names.json'
import { optionsAt, saidAt, type Knowledge } from './completing'
import { Language, type Schema } from './flowschema'

const text = { type: 'string' } as const
const SCHEMA: Schema = {
  properties: {
    id: text,
    disabled: { type: 'boolean', description: 'Runs of the flow are refused.' },
    inputs: { type: 'array', items: { type: 'object', properties: { id: text, type: { enum: ['STRING', 'INT'] } } } },
    tasks: { type: 'array', items: { $ref: '#/$defs/task' } },
  },
  $defs: {
    task: {
      properties: { id: text, type: { enum: ['core.log.Log', 'io.kestra.plugin.core.log.Log', 'io.kestra.core.tasks.log.Log', 'core.debug.Return'] } },
      allOf: [
        { if: { properties: { type: { enum: ['core.log.Log', 'io.kestra.plugin.core.log.Log', 'io.kestra.core.tasks.log.Log'] } } }, then: { $ref: '#/$defs/core.log.Log' } },
        { if: { properties: { type: { enum: ['core.debug.Return'] } } }, then: { $ref: '#/$defs/core.debug.Return' } },
      ],
    },
    'core.log.Log': {
      description: 'Write a message into the log.',
      properties: {
        timeout: { type: 'string', description: 'How long an attempt may take.' },
        message: { anyOf: [text, { $ref: '#/$defs/expression' }], description: 'What is written.' },
        level: { anyOf: [{ enum: ['INFO', 'WARN'] }, { $ref: '#/$defs/expression' }] },
        options: { anyOf: [{ type: 'object', properties: { colour: text } }, { $ref: '#/$defs/expression' }] },
        version: { deprecated: true },
      },
    },
    'core.debug.Return': { properties: { timeout: { type: 'string' }, value: text } },
    'core.debug.Echo': { properties: { timeout: { type: 'string', description: 'How long an attempt may take.' } } },
  },
}
const known: Knowledge = {
  language: new Language(SCHEMA),
  names,
  facts: (type) => (type === 'core.debug.Return' ? { outputs: [{ name: 'value', type: 'Any', description: 'The value.' }], required: ['value'] } : null),
}

/** Gives the labels of what may be written at `^`. */
function labels(marked: string): string[] {
  const position = marked.indexOf('^')
  return optionsAt(marked.replace('^', ''), position, known)?.options.map((each) => each.label) ?? []
}
const said = (marked: string) => saidAt(marked.replace('^', ''), marked.indexOf('^'), known)

const TASK = 'tasks:\n  - id: say\n    type: core.log.Log\n'

describe('completion of keys', () => {
  it('offers the properties of the type, less those that are there and those that do nothing', () => {
    expect(labels(`${TASK}    mes^`)).toEqual(['timeout', 'message', 'level', 'options'])
    expect(labels(`${TASK}    message: x\n    ^`)).toEqual(['timeout', 'level', 'options'])
    expect(labels(TASK.replace('core.log', 'io.kestra.core.tasks.log') + '    ^')).toContain('message')
    expect(labels('tasks:\n  - {id: a, type: core.debug.Return, v^}')).toEqual(['timeout', 'value'])
  })
  it('offers what every task has where there is no type yet', () => {
    expect(labels('tasks:\n  - ^')).toEqual(['timeout', 'id', 'type'])
  })
  it('goes into maps, and comes out of them', () => {
    expect(labels(`${TASK}    options:\n      ^`)).toEqual(['colour'])
    expect(labels(`${TASK}    options:\n      colour: red\n^`)).toEqual(['id', 'disabled', 'inputs'])
  })
  it('replaces what is written of the word, and writes the colon', () => {
    const found = optionsAt(`${TASK}    mes`, TASK.length + 7, known)
    expect(found).toMatchObject({ from: TASK.length + 4, to: TASK.length + 7 })
    expect(found?.options.find((each) => each.label === 'message')).toMatchObject({ apply: 'message: ', detail: 'text', info: 'What is written.' })
  })
})

describe('completion of values', () => {
  it('offers types, the long spellings where one is begun', () => {
    expect(labels('tasks:\n  - id: a\n    type: ^')).toEqual(['core.log.Log', 'core.debug.Return'])
    expect(labels('tasks:\n  - id: a\n    type: io.k^')).toEqual(['io.kestra.plugin.core.log.Log', 'io.kestra.core.tasks.log.Log'])
  })
  it('offers what a property may be', () => {
    expect(labels(`${TASK}    level: ^`)).toEqual(['INFO', 'WARN'])
    expect(labels('disabled: ^')).toEqual(['true', 'false'])
    expect(labels('inputs:\n  - id: a\n    type: S^')).toEqual(['STRING', 'INT'])
  })
  it('offers nothing in comments and texts', () => {
    expect(labels(`${TASK}    # ^`)).toEqual([])
    expect(labels(`${TASK}    message: hello ^`)).toEqual([])
  })
})

const FLOW = `inputs:
  - {id: month, type: STRING, description: Which one}
variables:
  city: Lyon
tasks:
  - {id: load, type: core.debug.Return, value: 1}
  - id: say
    type: core.log.Log
    message: "{{ `

describe('completion in expressions', () => {
  it('offers names, then what they hold', () => {
    expect(labels(`${FLOW}^ }}"`)).toEqual(expect.arrayContaining(['inputs', 'outputs', 'now']))
    expect(labels(`${FLOW}inputs.^ }}"`)).toEqual(['month'])
    expect(labels(`${FLOW}vars.c^ }}"`)).toEqual(['city'])
    expect(labels(`${FLOW}outputs.^ }}"`)).toEqual(['load', 'say'])
    expect(labels(`${FLOW}outputs.load.^ }}"`)).toEqual(['value'])
    expect(labels(`${FLOW}execution.^ }}"`)).toContain('startDate')
  })
  it('offers filters after a bar, tests after is, and nothing in quotes', () => {
    expect(labels(`${FLOW}inputs.month | da^ }}"`)).toContain('dateAdd')
    expect(labels(`${FLOW}inputs.month is de^ }}"`)).toContain('defined')
    expect(labels(`${FLOW}'in^`)).toEqual([])
  })
})

describe('what is said of a word', () => {
  it('is that of the schema', () => {
    expect(said(`${TASK}    mess^age: x`)).toMatchObject({ title: 'message', text: 'What is written.', detail: 'text' })
    expect(said('tasks:\n  - id: a\n    type: io.kestra.core.tasks.lo^g.Log')).toMatchObject({ text: 'Write a message into the log.', detail: 'here: core.log.Log' })
    expect(said('tasks:\n  - {id: a, type: core.debug.Return, timeo^ut: PT1S}')).toBeNull()
  })
  it('tells of names in expressions', () => {
    expect(said(`${FLOW}inputs.mo^nth }}"`)).toMatchObject({ title: 'inputs.month', text: 'STRING · Which one' })
    expect(said(`${FLOW}outputs.load.val^ue }}"`)).toMatchObject({ text: 'The value.' })
    expect(said(`${FLOW}now() | dat^e('yyyy') }}"`)?.text).toContain('Java pattern')
    expect(said(`${FLOW}no^w() }}"`)?.title).toBe('now')
  })
})
