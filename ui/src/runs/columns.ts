import { useState } from 'react'

/** What a row of the list can tell beside state and name. */
export const COLUMNS = {
  flow: 'Flow',
  revision: 'Revision',
  attempt: 'Attempt',
  tasks: 'Tasks',
  failed: 'Failed task',
  labels: 'Labels',
  reason: 'Reason',
  made: 'Made',
  begun: 'Begun',
  ended: 'Ended',
  duration: 'Duration',
  author: 'Started by',
} as const

export type Column = keyof typeof COLUMNS

const USUAL: readonly Column[] = ['flow', 'revision', 'attempt', 'tasks', 'made', 'duration', 'author']
const KEY = 'dalsegno.columns'
const isColumn = (name: unknown): name is Column => typeof name === 'string' && name in COLUMNS

function kept(): readonly Column[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    return Array.isArray(found) ? found.filter(isColumn) : USUAL
  } catch {
    return USUAL
  }
}

/** The columns that the reader has chosen; this browser keeps them. */
export function useColumns() {
  const [chosen, choose] = useState(kept)
  const turn = (column: Column) => {
    const next = (Object.keys(COLUMNS) as Column[]).filter((each) => (each === column ? !chosen.includes(each) : chosen.includes(each)))
    choose(next)
    try {
      localStorage.setItem(KEY, JSON.stringify(next))
    } catch {
      // a browser that keeps nothing shows them until the page is left
    }
  }
  return [chosen, turn] as const
}
