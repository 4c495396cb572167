import { useNavigate } from '@tanstack/react-router'
import type { RefObject } from 'react'
import type { Run } from '../api/queries'
import type { RunRow } from '../model/lineage'
import type { Selection } from './useSelection'

interface Table {
  rows: readonly RunRow<Run>[]
  /** The row that has the focus. */
  cursor: number
  setCursor: (at: number) => void
  reveal: (at: number) => void
  box: RefObject<HTMLDivElement | null>
  selection?: Selection
  fold?: (root: string, open: boolean) => void
}

/** The keys of the list: up and down, fold and unfold, select one or all up to here. */
export function useTableKeys({ rows, cursor, setCursor, reveal, box, selection, fold }: Table): Record<string, () => void> {
  const go = (by: number) => () => {
    const next = Math.min(rows.length - 1, Math.max(0, cursor + by))
    setCursor(next)
    reveal(next)
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-index="${next}"] a`)?.focus({ preventScroll: true }))
  }
  const turn = (reach: boolean) => () => {
    if (cursor >= 0) selection?.turn(cursor, reach)
  }
  const folds = (open: boolean) => () => {
    const row = rows[cursor]
    if (row && row.replays > 0) fold?.(row.run.id, open)
  }
  return {
    j: go(1),
    k: go(-1),
    ArrowDown: go(1),
    ArrowUp: go(-1),
    ...(fold && { ArrowRight: folds(true), ArrowLeft: folds(false) }),
    ...(selection && { x: turn(false), X: turn(true) }),
    ...(selection && selection.chosen.size > 0 && { Escape: selection.clear }),
  }
}

/** Opens the page of a run. */
export function useOpenRun(): (run: Run) => void {
  const navigate = useNavigate()
  return (run) => void navigate({ to: '/runs/$run', params: { run: run.id }, search: {} })
}
