import { Drawer, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { flowQuery, type Run } from '../api/queries'
import { asCommand, asJson, asPython, requestOf } from '../model/request'
import { copy } from '../parts/copy'
import { Icon, Segno } from '../parts/marks'
import { IconButton } from '../parts/button'
import { Skeleton } from '../parts/pieces'
import { flowNameOf, type Loaded } from '../run/useRun'
import { PlanView } from './PlanView'
import { RequestForm } from './RequestForm'
import { useAsked, useGroups, usePlan } from './useRequest'
import { useSubmit } from './useSubmit'

interface Props {
  loaded: Loaded
  head: Run
  starts: string[]
  /** What else is chosen, as it stands in the address. */
  ask: string | undefined
  onAsk: (starts: string[], ask: string | undefined) => void
  onClose: () => void
}

/** What to run again, and what that will do; nothing happens before it is submitted. */
export function ReplaySheet(props: Props) {
  const { head, loaded, onClose } = props
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="calc(100% - var(--sheet-left))" transitionProps={{ duration: 0 }}>
      <Drawer.Overlay className="scrim" backgroundOpacity={0} />
      <Drawer.Content className="sheet-box" aria-label={`Replay ${head.name}`}>
        <div className="sheet-inside">
          <header className="sheet-head">
            <Segno size={18} />
            <h1 tabIndex={-1} data-autofocus>
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

function Sheet({ loaded, head, starts, ask, onAsk, onClose, latest }: Props & { latest: number }) {
  const [choices, change] = useAsked(head, { starts, latest, ask, onAsk })
  const chosen = useQuery(flowQuery(flowNameOf(head), choices.revision)).data ?? loaded.latest
  const drawn = usePlan(head, choices)
  const groups = useGroups(loaded)
  const { submit, ready, failure, moved, words, clear } = useSubmit(head, choices, drawn, groups)
  const { plan } = drawn
  const edit = (some: Parameters<typeof change>[0]) => {
    clear()
    change(some)
  }
  return (
    <>
      <div className="sheet-body">
        <RequestForm loaded={loaded} chosen={chosen} head={head} choices={choices} change={edit} refusals={drawn.refusals} plan={plan} />
        <PlanView drawn={drawn} groups={groups} choices={choices} change={edit} loaded={loaded} moved={moved} failure={failure} graph={chosen} />
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
        <button type="button" className="btn primary" disabled={!ready} onClick={submit}>
          <Segno />
          {words}
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
