import { textIn, valueIn, type Map, type Tree } from './yamltree'

/** A task as its text has it. */
export interface WrittenTask {
  id: string
  type: string | null
  from: number
  to: number
}

const HOLDERS = ['tasks', 'errors', 'finally', 'afterExecution', 'then', 'else', 'defaults']

/** Gives all tasks of a text, those inside of others too, in their order. */
export function tasksOf(tree: Tree | null): WrittenTask[] {
  const found: WrittenTask[] = []
  const visit = (holder: Tree | null): void => {
    if (holder?.kind !== 'map') return
    for (const name of HOLDERS) list(valueIn(holder, name))
    const cases = valueIn(holder, 'cases')
    if (cases?.kind === 'map') for (const each of cases.entries) list(each.value)
  }
  const list = (tasks: Tree | null): void => {
    if (tasks?.kind !== 'list') return
    for (const each of tasks.items) {
      if (each?.kind !== 'map') continue
      // a task of a Dag stands under `task`
      const inner = valueIn(each, 'task')
      const task: Map = inner?.kind === 'map' ? inner : each
      const id = textIn(task, 'id')
      if (id !== null) found.push({ id, type: textIn(task, 'type'), from: task.from, to: task.to })
      visit(task)
    }
  }
  visit(tree)
  return found
}

/** A name that a text gives to something, with what it says of it. */
export interface WrittenName {
  name: string
  about: string
}

/** Gives the inputs of a text. */
export function inputsOf(tree: Tree | null): WrittenName[] {
  const list = valueIn(tree, 'inputs')
  if (list?.kind !== 'list') return []
  return list.items.flatMap((each) => {
    const name = textIn(each, 'id') ?? textIn(each, 'name')
    const about = [textIn(each, 'type'), textIn(each, 'description')].filter((part) => part !== null && part !== '').join(' · ')
    return name === null ? [] : [{ name, about }]
  })
}

/** Gives the variables or labels of a text, by the key that they stand under. */
export function namesUnder(tree: Tree | null, key: 'variables' | 'labels'): WrittenName[] {
  const map = valueIn(tree, key)
  if (map?.kind !== 'map') return []
  return map.entries.filter((each) => each.colon).map((each) => ({ name: each.key, about: each.value?.kind === 'scalar' ? each.value.text : '' }))
}
