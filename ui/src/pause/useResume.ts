import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Refused } from '../api/client'
import { ofRun, resume, type Run } from '../api/queries'
import type { Given } from '../model/given'
import type { Waiting } from '../model/waits'
import type { Refusal } from '../replay/refusals'
import type { Answered } from './Answers'

interface Said {
  changed: Record<string, Given>
  answers: Answered
  stops: string[] | null
}

/** Says to a run that waits at a task what a person has chosen; what is refused stays to be read, and the run waits on. */
export function useResume(run: string, head: Run, wait: Waiting) {
  const client = useQueryClient()
  const [sending, setSending] = useState(false)
  const [refused, setRefused] = useState<readonly Refusal[]>([])
  const send = async ({ changed, answers, stops }: Said) => {
    setSending(true)
    setRefused([])
    try {
      await resume(head.id, {
        at: [wait.address],
        ...(Object.keys(answers).length > 0 && { answers }),
        ...(Object.keys(changed).length > 0 && { task_inputs: { [wait.address]: changed } }),
        ...(stops !== null && { breakpoints: stops }),
      })
    } catch (error) {
      const told = error instanceof Refused ? error.problem : null
      const message = error instanceof Error ? error.message : String(error)
      setRefused(told?.refusals ?? [{ code: told?.code ?? 'away', message, address: null, closest: [] }])
    } finally {
      setSending(false)
      await client.invalidateQueries({ queryKey: ofRun(run) })
    }
  }
  return { send, sending, refused }
}
