import type { Map, Step } from './yamltree'
import { textIn } from './yamltree'

/** What is used of JSON Schema. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  enum?: unknown[]
  deprecated?: boolean
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  anyOf?: Schema[]
  allOf?: { if?: { properties?: { type?: { enum?: string[] } } }; then?: Schema }[]
  $defs?: Record<string, Schema>
}

/** The schema of the flow language, and ways through it. */
export class Language {
  constructor(private readonly root: Schema) {}

  /** All spellings of the types of tasks, the short one of each first. */
  get taskTypes(): string[] {
    return (this.definition('task').properties?.type?.enum ?? []).map(String)
  }

  get triggerTypes(): string[] {
    return (this.definition('trigger').properties?.type?.enum ?? []).map(String)
  }

  /** What a type of tasks is for, in any spelling. */
  about(type: string): string | null {
    return this.ofType(type)?.description ?? null
  }

  /** The short spelling of a type of tasks. */
  canonical(type: string): string | null {
    for (const each of this.definition('task').allOf ?? []) {
      if (each.if?.properties?.type?.enum?.includes(type)) return each.then?.$ref?.split('/').at(-1) ?? null
    }
    return null
  }

  private definition(name: string): Schema {
    return this.root.$defs?.[name] ?? {}
  }

  private ofType(type: string): Schema | null {
    const name = this.canonical(type)
    return name === null ? null : this.definition(name)
  }

  /** What may stand where a way through a text leads: several schemas where there is a choice. */
  at(trail: readonly Step[]): Schema[] {
    let here: Schema[] = [this.root]
    for (const step of trail) {
      here = here.flatMap((schema) => ('map' in step ? this.under(schema, step.map, step.key) : this.items(schema)))
    }
    return here.flatMap((schema) => this.plain(schema))
  }

  /** What a map may have as keys, at a way that ends in one of its keys. */
  keys(trail: readonly Step[]): Record<string, Schema> {
    const last = trail.at(-1)
    if (last === undefined || !('map' in last)) return {}
    return Object.assign({}, ...this.at(trail.slice(0, -1)).map((schema) => this.properties(schema, last.map)))
  }

  /** The keys that every task may have, whatever its type. */
  common(): ReadonlySet<string> {
    const [one, other] = ['core.debug.Return', 'core.log.Log'].map((name) => new Set(Object.keys(this.definition(name).properties ?? {})))
    return new Set([...(one ?? [])].filter((key) => other?.has(key)))
  }

  private under(schema: Schema, map: Map, key: string): Schema[] {
    return this.plain(schema).flatMap((each) => {
      const found = this.properties(each, map)[key]
      if (found) return [found]
      return typeof each.additionalProperties === 'object' ? [each.additionalProperties] : []
    })
  }

  private items(schema: Schema): Schema[] {
    return this.plain(schema).flatMap((each) => (each.items ? [each.items] : []))
  }

  private properties(schema: Schema, map: Map): Record<string, Schema> {
    const type = textIn(map, 'type')
    const cases = schema.allOf ?? []
    if (cases.length === 0) return schema.properties ?? {}
    const chosen = cases.find((each) => type !== null && each.if?.properties?.type?.enum?.includes(type))?.then
    const own = chosen === undefined ? {} : Object.assign({}, ...this.plain(chosen).map((each) => each.properties ?? {}))
    const known = chosen === undefined && cases.some((each) => each.then?.$ref) ? this.definition('core.debug.Echo').properties : {}
    const common = this.common()
    const any = Object.fromEntries(Object.entries(known ?? {}).filter(([name]) => common.has(name)))
    return { ...any, ...own, ...schema.properties }
  }

  /** Follows references and choices; that a text may stand in the place of anything is no choice. */
  private plain(schema: Schema, depth = 0): Schema[] {
    if (depth > 8) return []
    if (schema.$ref) {
      const name = schema.$ref.split('/').at(-1) ?? ''
      if (name === 'expression') return []
      const found = this.plain(this.definition(name), depth + 1)
      return schema.description ? found.map((each) => ({ ...each, description: schema.description })) : found
    }
    if (!schema.anyOf) return [schema]
    const inner = schema.anyOf.flatMap((each) => this.plain(each, depth + 1))
    return schema.description ? inner.map((each) => ({ ...each, description: schema.description })) : inner
  }
}

const WORDS: Record<string, string> = { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false', object: 'map', array: 'list', null: '' }

/** Tells in words what a value may be. */
export function kindOf(schemas: readonly Schema[]): string {
  const kinds = schemas.flatMap((each) => {
    if (each.enum) return [each.enum.length <= 8 ? each.enum.map(String).join(', ') : 'one of a list']
    const types = each.type === undefined ? [] : [each.type].flat()
    // a text may be written as a number: that is no choice for a reader
    return types.includes('string') ? ['text'] : types.map((type) => WORDS[type] ?? type)
  })
  return [...new Set(kinds.filter((kind) => kind !== ''))].join(' or ')
}
