import { insideOf, pathAround, writingIn, type Writing } from './expression'
import { kindOf, type Language } from './flowschema'
import { inputsOf, namesUnder, tasksOf } from './flowtext'
import { placeAt, treeOf, type Place, type Tree } from './yamltree'

/** Something that may be written at a position. */
export interface Option {
  label: string
  kind: 'property' | 'type' | 'enum' | 'variable' | 'function' | 'filter' | 'task' | 'input'
  /** What stands behind it in small. */
  detail?: string
  info?: string
  /** What is written for it, where that is not its label. */
  apply?: string
  /** What stands before others. */
  boost?: number
}

export interface Options {
  from: number
  to: number
  options: Option[]
}

/** A name of expressions, as the docs have it. */
export interface Named {
  name: string
  what: string
  takes: string | null
  example: string
}

export interface Names {
  variable: Named[]
  function: Named[]
  filter: Named[]
  test: Named[]
}

/** What is known of a type of tasks beside its schema. */
export interface TypeFacts {
  outputs: { name: string; type?: string; description?: string | null }[]
  required: readonly string[]
}

/** All that is known; what of the types has not been read yet is asked for through `facts`. */
export interface Knowledge {
  language: Language
  names: Names
  facts: (type: string) => TypeFacts | null
}

const WORD = '\u{e000}'

/** Gives what may be written at a position of a flow's text. */
export function optionsAt(text: string, position: number, known: Knowledge): Options | null {
  const line = text.slice(text.lastIndexOf('\n', position - 1) + 1, position)
  const inside = insideOf(line, line.length)
  if (inside !== null) return inExpression(text, position, inside, known)
  if (/(^|\s)#/.test(line)) return null
  // a sign is set where the cursor is, so that what is not there yet has a place as well
  const next = text[position] ?? '\n'
  const marked = /[\w.-]/.test(next) ? text : text.slice(0, position) + WORD + text.slice(position)
  const tree = treeOf(marked)
  const place = placeAt(tree, position)
  if (place === null) return null
  const from = place.from + (/^["']/.test(marked.slice(place.from)) ? 1 : 0)
  const to = Math.max(position, place.to - (marked === text ? 0 : 1))
  const found = place.at === 'key' ? keysAt(place, known) : valuesAt(place, tree, known)
  return found.length === 0 || from > position ? null : { from, to, options: found }
}

function keysAt(place: Place, known: Knowledge): Option[] {
  const last = place.trail.at(-1)
  if (last === undefined || !('map' in last)) return []
  const depends = place.trail.at(-3)
  if (depends && 'key' in depends && depends.key === 'dependsOn') return taskOptions(treeRoot(place))
  const there = new Set(last.map.entries.filter((each) => each.colon).map((each) => each.key))
  const type = last.map.entries.find((each) => each.key === 'type')?.value
  const facts = type?.kind === 'scalar' ? known.facts(type.text) : null
  const common = known.language.common()
  return Object.entries(known.language.keys(place.trail))
    .filter(([key, schema]) => schema.deprecated !== true && (!there.has(key) || key === place.text))
    .map(([key, schema]) => ({
      label: key,
      kind: 'property',
      detail: kindOf(known.language.at([...place.trail.slice(0, -1), { map: last.map, key }])) || undefined,
      info: facts?.required.includes(key) ? `Required. ${schema.description ?? ''}` : schema.description,
      apply: last.map.entries.some((each) => each.colon && each.key === place.text) ? key : `${key}: `,
      boost: key === 'id' || key === 'type' ? 3 : facts?.required.includes(key) ? 2 : common.has(key) ? -1 : 1,
    }))
}

const treeRoot = (place: Place): Tree | null => {
  const first = place.trail[0]
  return first === undefined ? null : 'map' in first ? first.map : first.list
}

function valuesAt(place: Place, tree: Tree | null, known: Knowledge): Option[] {
  const last = place.trail.at(-1)
  const key = last && 'map' in last ? last.key : null
  const holder = place.trail.at(-2)
  if (holder && 'map' in holder && holder.key === 'dependsOn') return taskOptions(tree)
  const schemas = known.language.at(place.trail)
  const values = schemas.flatMap((each) => each.enum ?? [])
  if (key === 'type' && values.length > 0) return typeOptions(values.map(String), place, known)
  const texts = values.length > 0 ? values.map(String) : schemas.some((each) => each.type === 'boolean') ? ['true', 'false'] : []
  return texts.map((label) => ({ label, kind: 'enum' }))
}

/** The short spelling of each type, and the long ones where somebody begins to write one. */
function typeOptions(types: readonly string[], place: Place, known: Knowledge): Option[] {
  const long = place.text.replace(WORD, '').startsWith('io')
  return types
    .filter((type) => type.startsWith('io.kestra.') === long)
    .map((type) => ({ label: type, kind: 'type', info: known.language.about(type) ?? undefined, ...(long && { detail: known.language.canonical(type) ?? undefined }) }))
}

const taskOptions = (tree: Tree | null): Option[] => tasksOf(tree).map((task) => ({ label: task.id, kind: 'task', detail: task.type ?? undefined }))

function inExpression(text: string, position: number, inside: string, known: Knowledge): Options | null {
  const writing = writingIn(inside)
  if (writing === null) return null
  const from = position - writing.word.length
  const rest = /^[\w-]*/.exec(text.slice(position))?.[0].length ?? 0
  const options = expressionOptions(writing, treeOf(text), known)
  return options.length === 0 ? null : { from, to: position + rest, options }
}

const named = (entries: readonly Named[], kind: Option['kind']): Option[] =>
  entries.map((each) => ({ label: each.name, kind, detail: each.takes === '()' ? undefined : (each.takes ?? undefined), info: `${each.what}\n${each.example}` }))

function expressionOptions(writing: Writing, tree: Tree | null, known: Knowledge): Option[] {
  if (writing.kind === 'filter') return named(known.names.filter, 'filter')
  if (writing.kind === 'test') return named(known.names.test, 'function')
  if (writing.before.length === 0) return rootOptions(known)
  const [head, ...rest] = writing.before
  if (head === 'inputs' && rest.length === 0) return inputsOf(tree).map((each) => ({ label: each.name, kind: 'input', detail: each.about }))
  if (head === 'vars' && rest.length === 0) return namesUnder(tree, 'variables').map((each) => ({ label: each.name, kind: 'variable', detail: each.about }))
  if (head === 'labels' && rest.length === 0) return namesUnder(tree, 'labels').map((each) => ({ label: each.name, kind: 'variable', detail: each.about }))
  if ((head === 'outputs' || head === 'tasks') && rest.length === 0) return taskOptions(tree)
  if (head === 'outputs' && rest.length >= 1) return outputOptions(rest[0] ?? '', tree, known)
  if (head === 'tasks' && rest.length >= 1) return [{ label: 'state', kind: 'variable' }]
  return innerNames(writing.before.join('.'), known)
}

function rootOptions(known: Knowledge): Option[] {
  const roots = new globalThis.Map<string, Option>()
  for (const each of known.names.variable) {
    const root = each.name.split('.')[0] ?? each.name
    if (!roots.has(root)) roots.set(root, { label: root, kind: 'variable', info: each.name === root ? `${each.what}\n${each.example}` : undefined, boost: 1 })
  }
  const functions = named(known.names.function, 'function').map((each) => ({ ...each, apply: `${each.label}(` }))
  return [...roots.values(), ...functions]
}

function outputOptions(task: string, tree: Tree | null, known: Knowledge): Option[] {
  const type = tasksOf(tree).find((each) => each.id === task)?.type
  const outputs = (type && known.facts(type)?.outputs) || []
  return outputs.map((each) => ({ label: each.name, kind: 'variable', detail: each.type, info: each.description ?? undefined }))
}

function innerNames(before: string, known: Knowledge): Option[] {
  return known.names.variable
    .filter((each) => each.name.startsWith(`${before}.`) && !each.name.slice(before.length + 1).includes('.'))
    .map((each) => ({ label: each.name.slice(before.length + 1), kind: 'variable', info: `${each.what}\n${each.example}` }))
}

/** What is said of a word where the pointer rests on it. */
export interface Said {
  from: number
  to: number
  title: string
  detail?: string
  text: string
}

/** Tells what stands at a position of a flow's text. */
export function saidAt(text: string, position: number, known: Knowledge): Said | null {
  const begins = text.lastIndexOf('\n', position - 1) + 1
  const ends = text.indexOf('\n', position)
  const line = text.slice(begins, ends < 0 ? undefined : ends)
  const path = pathAround(line, position - begins)
  const tree = treeOf(text)
  if (path !== null) {
    const said = saidOfName(path, tree, known)
    return said && { ...said, from: begins + path.from, to: begins + path.to }
  }
  const place = placeAt(tree, position)
  if (place === null) return null
  const range = { from: place.from, to: place.to }
  const last = place.trail.at(-1)
  if (place.at === 'value') {
    const about = last && 'map' in last && last.key === 'type' ? known.language.about(place.text) : null
    return about === null ? null : { ...range, title: place.text, detail: otherSpelling(place.text, known), text: about }
  }
  const schemas = known.language.at(place.trail)
  const key = known.language.keys(place.trail)[place.text]
  const about = key?.description ?? schemas.find((each) => each.description)?.description
  if (key === undefined || about === undefined) return null
  const type = last && 'map' in last ? last.map.entries.find((each) => each.key === 'type')?.value : null
  const required = type?.kind === 'scalar' && known.facts(type.text)?.required.includes(place.text)
  return { ...range, title: place.text, detail: [kindOf(schemas), required ? 'required' : ''].filter((each) => each !== '').join(', '), text: about }
}

function otherSpelling(type: string, known: Knowledge): string | undefined {
  const short = known.language.canonical(type)
  return short === null || short === type ? undefined : `here: ${short}`
}

function saidOfName(path: { before: string[]; name: string; filter: boolean }, tree: Tree | null, known: Knowledge): Omit<Said, 'from' | 'to'> | null {
  const { before, name } = path
  const whole = [...before, name].join('.')
  const [head] = before
  if (path.filter) return told(known.names.filter, name)
  if (head === 'inputs' && before.length === 1) {
    const input = inputsOf(tree).find((each) => each.name === name)
    return input ? { title: whole, text: input.about || 'an input of this flow' } : null
  }
  if (head === 'vars' && before.length === 1) {
    const variable = namesUnder(tree, 'variables').find((each) => each.name === name)
    return variable ? { title: whole, text: variable.about } : null
  }
  if ((head === 'outputs' || head === 'tasks') && before.length === 1) {
    const task = tasksOf(tree).find((each) => each.id === name)
    return task ? { title: whole, detail: task.type ?? undefined, text: (task.type && known.language.about(task.type)) || '' } : null
  }
  if (head === 'outputs' && before.length === 2) {
    const output = outputOptions(before[1] ?? '', tree, known).find((each) => each.label === name)
    return output ? { title: whole, detail: output.detail, text: output.info ?? '' } : null
  }
  return told(known.names.variable, whole) ?? (before.length === 0 ? (told(known.names.function, name) ?? told(known.names.test, name)) : null)
}

function told(entries: readonly Named[], name: string): Omit<Said, 'from' | 'to'> | null {
  const found = entries.find((each) => each.name === name)
  return found ? { title: name, detail: found.takes && found.takes !== '()' ? found.takes : undefined, text: `${found.what}\n${found.example}` } : null
}
