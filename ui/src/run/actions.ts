import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { explanationOf, kill, type Run } from '../api/queries'
import { copy } from '../parts/copy'
import { usePageActions } from '../parts/pageactions'
import { flowNameOf } from './useRun'

interface Page {
  run: string
  head: Run | undefined
  live: boolean
  open: () => void
  fix: () => void
}

/** What the command palette offers on the page of a run. */
export function useRunActions({ run, head, live, open, fix }: Page): void {
  const navigate = useNavigate()
  usePageActions(
    useMemo(() => {
      if (!head) return []
      const to = { params: { run }, search: (before: object) => before }
      return [
        { label: 'Replay', hint: 'r', run: open },
        ...(head.error ? [{ label: 'Fix and replay', hint: 'f', run: fix }, { label: 'Copy for an assistant', run: () => void explanationOf(head.id).then(copy) }] : []),
        ...(live ? [{ label: 'Kill this run', run: () => void kill(head.id) }] : []),
        { label: 'Gantt', run: () => void navigate({ to: '/runs/$run', ...to }) },
        { label: 'Overview', run: () => void navigate({ to: '/runs/$run/overview', ...to }) },
        { label: 'Logs', run: () => void navigate({ to: '/runs/$run/logs', ...to }) },
        { label: 'Topology', run: () => void navigate({ to: '/runs/$run/topology', ...to }) },
        { label: `Flow ${head.flow}`, run: () => void navigate({ to: '/flows/$flow', params: { flow: flowNameOf(head) }, search: {} }) },
        { label: `Revisions of ${head.flow}`, run: () => void navigate({ to: '/flows/$flow/revisions', params: { flow: flowNameOf(head) }, search: {} }) },
      ]
    }, [run, head, live, open, fix, navigate]),
  )
}
