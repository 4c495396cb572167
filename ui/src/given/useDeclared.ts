import { useQuery } from '@tanstack/react-query'
import { taskTypeQuery } from '../api/queries'
import type { CompiledTask } from '../model/given'

export interface Declared {
  name: string
  type: string | undefined
  description: string | undefined
}

/** What can be given to a task: the properties that its type has, and those that stand in the flow. */
export function useDeclared(task: CompiledTask | undefined): Declared[] {
  const known = task !== undefined && !task.type.startsWith('python.')
  const found = useQuery({ ...taskTypeQuery(task?.type ?? ''), enabled: known })
  const told = (found.data?.properties ?? []).map((each) => ({
    name: String(each.name),
    type: typeof each.type === 'string' ? each.type : undefined,
    description: typeof each.description === 'string' ? each.description : undefined,
  }))
  const names = new Set(told.map((each) => each.name))
  const written = Object.keys(task?.properties ?? {}).filter((name) => !names.has(name))
  const here = new Set(Object.keys(task?.properties ?? {}))
  const all = [...written.map((name) => ({ name, type: undefined, description: undefined })), ...told]
  // what stands in the flow is what one mostly means
  return all.sort((one, other) => Number(here.has(other.name)) - Number(here.has(one.name)))
}
