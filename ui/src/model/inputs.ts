/** A run input, as a compiled flow declares it. */
export interface InputField {
  id: string
  type: string
  required?: boolean
  default?: unknown
  description?: string | null
  display_name?: string | null
  limits?: Record<string, unknown>
}

export type Control = 'text' | 'number' | 'switch' | 'choice' | 'choices' | 'long' | 'fixed'

const CONTROLS: Record<string, Control> = {
  INT: 'number',
  FLOAT: 'number',
  BOOL: 'switch',
  SELECT: 'choice',
  MULTISELECT: 'choices',
  JSON: 'long',
  YAML: 'long',
  ARRAY: 'long',
  FILE: 'fixed',
  SECRET: 'fixed',
  PYTHON: 'fixed',
}

/** Tells how an input is edited; files and secrets carry over as they are. */
export const controlOf = (field: InputField): Control => CONTROLS[field.type] ?? 'text'

/** Gives the values that an input may have. */
export const valuesOf = (field: InputField): string[] => ((field.limits?.values as unknown[] | undefined) ?? []).map(String)

/** Gives a value as it stands in a field. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' ? 2 : undefined)
}

/** Gives what was written into a field as a value of its type; what is no such value is left to the server to refuse. */
export function valueOf(field: InputField, text: string): unknown {
  if (controlOf(field) === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (field.type === 'JSON' || field.type === 'ARRAY') {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}

/** Whether two values are the same to a run. */
export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
