import { STATES } from './looks'

/** What the list of runs is narrowed to, as its address has it. */
export interface Filters {
  state?: string[]
  flow?: string
  namespace?: string
  text?: string
  fixed?: boolean
  since?: string
  label?: string[]
  root?: string
}

/** Reads the filters of an address; what is none is left out. */
export function filtersOf(search: Record<string, unknown>): Filters {
  const states = listOf(search.state).map((each) => each.toUpperCase()).filter((each) => STATES.includes(each))
  const labels = listOf(search.label)
  const fixed = search.fixed === true || search.fixed === 'true' ? true : search.fixed === false || search.fixed === 'false' ? false : undefined
  return {
    ...(states.length > 0 && { state: states }),
    ...(labels.length > 0 && { label: labels }),
    ...(fixed !== undefined && { fixed }),
    ...textOf(search, 'flow'),
    ...textOf(search, 'namespace'),
    ...textOf(search, 'text'),
    ...textOf(search, 'since'),
    ...textOf(search, 'root'),
  }
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : value === undefined || value === '' ? [] : [String(value)])

function textOf<Name extends keyof Filters>(search: Record<string, unknown>, name: Name): { [name in Name]?: string } {
  const value = search[name]
  return value === undefined || value === null || value === '' ? {} : ({ [name]: String(value) } as { [name in Name]?: string })
}
