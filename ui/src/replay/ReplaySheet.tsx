import { Drawer, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { usePresence } from '../api/hooks'
import { Refused } from '../api/client'
import { planQuery, replay, type Run } from '../api/queries'
import { actionWords, movedFrom, sumsOf, type Plan } from '../model/plan'
import { asCommand, asJson, asPython, requestOf } from '../model/request'
import { copy } from '../parts/copy'
import { Icon, Segno } from '../parts/marks'
import { IconButton } from '../parts/button'
import { Skeleton } from '../parts/pieces'
import type { Loaded } from '../run/useRun'
import { PlanView } from './PlanView'
import { RequestForm } from './RequestForm'
import { beginning, useChoices, usePlan } from './useRequest'

interface Props {
  loaded: Loaded
  head: Run
  starts: string[]
  onClose: () => void
}

/** What to run again, and what that will do; nothing happens before it is submitted. */
export function ReplaySheet(props: Props) {
  const { head, loaded, onClose } = props
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="calc(100% - var(--sheet-left))" transitionProps={{ duration: 0 }}>
      <Drawer.Overlay className="scrim" backgroundOpacity={0} />
      <Drawer.Content className="sheet-box" aria-labelledby="sheet-title">
        <div className="sheet-inside">
          <header className="sheet-head">
            <Segno size={18} />
            <h1 id="sheet-title" tabIndex={-1} data-autofocus>
              Replay {head.name}
            </h1>
            <span className="muted only-wide">a new run, its origin stays as it is</span>
            <span className="grow" />
            <IconButton icon="x" label="Close" hint="Esc" onClick={onClose} />
          </header>
          {loaded.latest ? <Sheet {...props} latest={loaded.latest.revision} /> : <Skeleton />}
        </div>
      </Drawer.Content>
    </Drawer.Root>
  )
}

function Sheet({ loaded, head, starts, onClose, latest }: Props & { latest: number }) {
  const away = usePresence() === 'away'
  const [choices, change] = useChoices(beginning(head, starts, latest))
  const drawn = usePlan(head, choices)
  const client = useQueryClient()
  const navigate = useNavigate()
  const groups = useMemo(() => new Set(loaded.latest?.nodes.filter((node) => node.kind !== 'work').map((node) => node.id)), [loaded.latest])
  const [moved, setMoved] = useState<{ digest: string; from: Map<string, string | null> } | null>(null)
  const [sending, setSending] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  // sent again after a broken connection, it is still one replay
  const key = useRef('')
  const { plan } = drawn
  const needs = new Set(drawn.refusals.filter((each) => each.code === 'effects').map((each) => each.address))
  const ready = plan !== undefined && drawn.current && drawn.refusals.length === 0 && !sending && !away
  const words = plan ? actionWords(sumsOf(plan, groups)) : 'Replay'

  const submit = async () => {
    if (!ready) return
    setSending(true)
    setFailure(null)
    key.current ||= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    const request = requestOf(head.id, choices)
    try {
      const made = await replay(request, plan.digest, key.current)
      const task = request.start?.[0] ?? request.only?.[0]
      void navigate({ to: '/runs/$run', params: { run: made.id }, search: task ? { task } : {} })
    } catch (error) {
      setSending(false)
      if (error instanceof Refused) key.current = ''
      const now = error instanceof Refused ? (error.problem.plan as Plan | null | undefined) : null
      if (now) {
        setMoved({ digest: now.digest, from: movedFrom(plan, now) })
        client.setQueryData(planQuery(drawn.request).queryKey, now)
      } else setFailure(error instanceof Error ? error.message : String(error))
    }
  }
  // whatever has the focus in the sheet
  const submits = useRef(submit)
  submits.current = submit
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submits.current()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
  const edit = (some: Parameters<typeof change>[0]) => {
    setMoved(null)
    setFailure(null)
    change(some)
  }
  const tally = needs.size > 0 ? `Acknowledge ${needs.size} ${needs.size === 1 ? 'task' : 'tasks'} first` : words
  return (
    <>
      <div className="sheet-body">
        <RequestForm loaded={loaded} head={head} choices={choices} change={edit} refusals={drawn.refusals} plan={plan} />
        <PlanView drawn={drawn} groups={groups} choices={choices} change={edit} loaded={loaded} moved={moved !== null && moved.digest === plan?.digest ? moved.from : null} failure={failure} />
      </div>
      <footer className="sheet-foot">
        {plan && (
          <span className="sm muted only-wide">
            Plan digest <code>{plan.digest.slice(0, 12)}</code>
          </span>
        )}
        <span className="grow" />
        <CopyAs request={drawn.request} head={head} />
        <button type="button" className="btn only-wide" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="btn primary" disabled={!ready} onClick={() => void submit()}>
          <Segno />
          {tally}
          <span className="kbd only-wide">Ctrl ↵</span>
        </button>
      </footer>
    </>
  )
}

function CopyAs({ request, head }: { request: ReturnType<typeof requestOf>; head: Run }) {
  const [copied, setCopied] = useState<string | null>(null)
  const texts = [
    ['Command', () => asCommand(request, head.name)],
    ['Python', () => asPython(request, head.name, window.location.origin)],
    ['JSON', () => asJson(request)],
  ] as const
  return (
    <Menu position="top-end" withinPortal={false}>
      <Menu.Target>
        <button type="button" className="btn quiet">
          <Icon name="terminal-2" />
          {copied ? `Copied as ${copied}` : 'Copy as'}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {texts.map(([name, text]) => (
          <Menu.Item key={name} onClick={() => void copy(text()).then((done) => setCopied(done ? name : null))}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
