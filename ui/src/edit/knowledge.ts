import { api, given } from '../api/client'
import { Language, type Schema } from '../model/flowschema'
import type { Knowledge, TypeFacts } from '../model/completing'
import { tasksOf } from '../model/flowtext'
import { treeOf } from '../model/yamltree'
import names from './names.json'

let language: Promise<Language> | null = null
const facts = new Map<string, TypeFacts | null>()
const asked = new Map<string, Promise<void>>()

/** The schema of the flow language; it is asked for once. */
export function theLanguage(): Promise<Language> {
  language ??= given(api.GET('/api/v1/flow-schema')).then((schema) => new Language(schema as Schema))
  // where the server was away it is asked for again
  language.catch(() => {
    language = null
  })
  return language
}

/** Asks for what a type of tasks gives and needs, once. */
function read(name: string): Promise<void> {
  let reading = asked.get(name)
  if (reading === undefined) {
    reading = given(api.GET('/api/v1/task-types/{name}', { params: { path: { name } } }))
      .then((found) => {
        const needed = found.properties.filter((each) => each.required).map((each) => String(each.name))
        facts.set(name, { outputs: found.outputs as TypeFacts['outputs'], required: needed })
      })
      // a type that is not there has nothing to tell
      .catch(() => {
        facts.set(name, null)
      })
    asked.set(name, reading)
  }
  return reading
}

/** Gives all that is known for a text; nothing while the server does not answer. */
export async function knowledgeFor(text: string): Promise<Knowledge | null> {
  const schema = await theLanguage().catch(() => null)
  if (schema === null) return null
  const types = tasksOf(treeOf(text)).flatMap((task) => (task.type !== null && schema.canonical(task.type) !== null ? [task.type] : []))
  await Promise.all([...new Set(types)].map(read))
  return { language: schema, names, facts: (type) => facts.get(type) ?? null }
}
