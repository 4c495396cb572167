import type { Look } from '../model/looks'
import type { Row } from '../model/tree'

/** Gives the rows that have a text and a look, with what holds them. */
export function narrowed(rows: Row[], text: string, look: Look | 'all'): Row[] {
  if (text === '' && look === 'all') return rows
  return rows.flatMap((row) => {
    const children = narrowed(row.children, text, look)
    const itself = (text === '' || nameOf(row).includes(text)) && (look === 'all' || (row.look === look && row.children.length === 0))
    return itself || children.length > 0 ? [{ ...row, children }] : []
  })
}

const nameOf = (row: Row): string => (row.bar?.address ?? row.label).toLowerCase()

/** Counts the tasks, and how many look how; groups are not counted. */
export function tally(rows: readonly Row[]): { all: number; by: Map<Look, number> } {
  const by = new Map<Look, number>()
  const visit = (each: readonly Row[]) => {
    for (const row of each) {
      if (row.children.length > 0) visit(row.children)
      else by.set(row.look, (by.get(row.look) ?? 0) + 1)
    }
  }
  visit(rows)
  return { all: [...by.values()].reduce((sum, each) => sum + each, 0), by }
}
