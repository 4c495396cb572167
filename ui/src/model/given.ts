/** A value that a person gives to a property: as it is, or as text that is rendered. */
export type Given = { value: unknown } | { expr: string }

export const isExpression = (given: Given): given is { expr: string } => 'expr' in given

/** The pin that keeps the result of the origin. */
export const ORIGIN = { $origin: true } as const

export const keepsOrigin = (pin: unknown): boolean => typeof pin === 'object' && pin !== null && (pin as Record<string, unknown>).$origin === true

/** Gives the value that a text is in JSON; the text itself where it is not JSON. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Gives the text that is read as a value again; what is read as text alone stands without quotes. */
export function textOfGiven(value: unknown, textual = false): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return JSON.stringify(value)
  return textual || jsonOrText(value) === value ? value : JSON.stringify(value)
}

/** How a value of a type is given: of a type that is not known, as JSON or else as text. */
export type ValueKind = 'switch' | 'text' | 'any'

export function valueKind(type: string | undefined): ValueKind {
  const plain = (type ?? '').replace(/^Optional\[(.*)\]$/, '$1').replace(/ \| None$/, '')
  if (plain === 'bool') return 'switch'
  return plain === 'str' ? 'text' : 'any'
}

/** Says what a value is. */
export function wordOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object' && ('$type' in value || '$artifact' in value)) return 'stored'
  return { string: 'text', number: 'number', boolean: 'true or false' }[typeof value as string] ?? 'map'
}

/** What a task has as it is compiled. */
export interface CompiledTask {
  id: string
  type: string
  properties: Record<string, unknown>
  /** The names of its outputs; nothing where only its run can tell. */
  outputs: string[] | null
}

interface Compiled {
  id?: unknown
  type?: unknown
  properties?: Record<string, unknown>
  outputs?: unknown
  tasks?: Compiled[]
  errors?: Compiled[]
  lasts?: Compiled[]
  after?: Compiled[]
}

/** Gives all tasks of a compiled flow by their ids, however deep they stand. */
export function compiledTasks(flow: unknown): Map<string, CompiledTask> {
  const found = new Map<string, CompiledTask>()
  const visit = (holder: Compiled) => {
    for (const task of [...(holder.tasks ?? []), ...(holder.errors ?? []), ...(holder.lasts ?? []), ...(holder.after ?? [])]) {
      const outputs = Array.isArray(task.outputs) ? task.outputs.map(String) : null
      found.set(String(task.id), { id: String(task.id), type: String(task.type), properties: task.properties ?? {}, outputs })
      visit(task)
    }
  }
  visit((flow ?? {}) as Compiled)
  return found
}
