import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Refused } from '../api/client'
import { usePresence } from '../api/hooks'
import { planQuery, replay, type Run } from '../api/queries'
import { actionWords, movedFrom, sumsOf, type Plan } from '../model/plan'
import { requestOf, type Choices } from '../model/request'
import type { usePlan } from './useRequest'

/** Submits the plan that was looked at; if it has moved, nothing is done, and the new one is shown. */
export function useSubmit(head: Run, choices: Choices, drawn: ReturnType<typeof usePlan>, groups: ReadonlySet<string>) {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const navigate = useNavigate()
  const [moved, setMoved] = useState<{ digest: string; from: Map<string, string | null> } | null>(null)
  const [sending, setSending] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  // sent again after a broken connection, it is still one replay
  const key = useRef('')
  const { plan } = drawn
  const asked = drawn.refusals.filter((each) => each.code === 'effects').length
  const ready = plan !== undefined && drawn.current && drawn.refusals.length === 0 && drawn.error === null && !sending && !away

  const submit = async () => {
    if (!ready) return
    setSending(true)
    setFailure(null)
    key.current ||= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    try {
      const request = requestOf(head.id, choices)
      const made = await replay(request, plan.digest, key.current, drawn.text)
      const task = request.start?.[0] ?? request.only?.[0]
      if (drawn.text !== undefined) void client.invalidateQueries({ queryKey: ['flow'] })
      void navigate({ to: '/runs/$run', params: { run: made.id }, search: task ? { task } : {} })
    } catch (error) {
      setSending(false)
      if (error instanceof Refused) key.current = ''
      const now = error instanceof Refused ? (error.problem.plan as Plan | null | undefined) : null
      if (now) {
        setMoved({ digest: now.digest, from: movedFrom(plan, now) })
        client.setQueryData(planQuery(drawn.request, drawn.text).queryKey, now)
      } else setFailure(error instanceof Error ? error.message : String(error))
    }
  }
  // whatever has the focus
  const submits = useRef(submit)
  submits.current = submit
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submits.current()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
  return {
    submit: () => void submit(),
    ready,
    failure,
    moved: moved !== null && moved.digest === plan?.digest ? moved.from : null,
    words: asked > 0 ? `Acknowledge ${asked} ${asked === 1 ? 'task' : 'tasks'} first` : plan ? actionWords(sumsOf(plan, groups)) : 'Replay',
    clear: () => {
      setMoved(null)
      setFailure(null)
    },
  }
}
