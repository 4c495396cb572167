import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { usePresence } from '../api/hooks'
import { kill, ofRun, pause, resume, type Run } from '../api/queries'
import { useMay } from '../api/role'
import { Icon } from '../parts/marks'
import { Notice, Prose } from '../parts/pieces'
import type { Loaded } from '../run/useRun'

/** Has a run pause, go on or end, as far as it can and whoever looks may. What the server refuses stands below. */
export function RunActions({ run, loaded, head, open }: { run: string; loaded: Loaded; head: Run; open: string | undefined }) {
  const away = usePresence() === 'away'
  const may = useMay('operator')
  const client = useQueryClient()
  const navigate = useNavigate()
  const state = loaded.gantt?.state ?? head.state
  const [asked, setAsked] = useState<'pause' | 'resume' | 'kill' | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  // what was asked for is done once the state is another
  useEffect(() => setAsked(null), [state])
  if (!loaded.live || !may) return null
  const ask = async (what: 'pause' | 'resume' | 'kill', call: () => Promise<unknown>) => {
    setAsked(what)
    setRefused(null)
    try {
      await call()
      await client.invalidateQueries({ queryKey: ofRun(run) })
      if (what === 'resume') setAsked(null)
    } catch (error) {
      setAsked(null)
      setRefused(error instanceof Error ? error.message : String(error))
    }
  }
  const off = away || asked !== null
  const why = away ? 'The server does not answer' : undefined
  const wait = loaded.waits[0]
  return (
    <>
      {refused && (
        <div className="refused-above">
          <Notice look="failed" role="alert">
            <Prose text={refused} />
          </Notice>
        </div>
      )}
      {wait !== undefined && loaded.waits.some((each) => each.address === open) ? null : state === 'PAUSED' ? (
        <button
          type="button"
          className={wait && open !== undefined ? 'btn' : 'btn primary'}
          disabled={off}
          title={why}
          onClick={() =>
            wait
              ? void navigate({ to: '.', search: ((before: object) => ({ ...before, task: wait.address })) as never, resetScroll: false })
              : void ask('resume', () => resume(head.id, {}))
          }
        >
          <Icon name={wait ? 'bulb' : 'player-play'} />
          {asked === 'resume' ? 'Resuming' : wait ? 'What it waits for' : 'Resume'}
        </button>
      ) : (
        <button type="button" className="btn" disabled={off} title={why ?? 'What is running ends, nothing else begins'} onClick={() => void ask('pause', () => pause(head.id))}>
          <Icon name="player-pause" />
          {asked === 'pause' ? 'Pausing' : 'Pause'}
        </button>
      )}
      <button type="button" className="btn danger" disabled={away || asked === 'kill'} title={why} onClick={() => void ask('kill', () => kill(head.id))}>
        <Icon name="player-stop" />
        {asked === 'kill' ? 'Ending' : 'Kill'}
      </button>
    </>
  )
}
