import { Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { usePresence } from '../api/hooks'
import { useMay } from '../api/role'
import { FLOWS } from '../api/queries'
import { IconButton } from '../parts/button'
import { Confirm } from './Confirm'
import { remove, switchOff, switchOn } from './queries'

interface Props {
  flow: string
  latest: { id: string; revision: number }
  off: boolean
  /** Whether it is its text that switches it off. */
  byText: boolean
  onFailure: (message: string | null) => void
}

/** What is rarely done to a flow: switch it off and on, delete it. */
export function FlowMenu({ flow, latest, off, byText, onFailure }: Props) {
  const away = usePresence() === 'away'
  const may = useMay('editor')
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const act = (done: Promise<unknown>, then?: () => void) => {
    onFailure(null)
    done
      .then(() => {
        void client.invalidateQueries({ queryKey: FLOWS })
        void client.invalidateQueries({ queryKey: ['flow'] })
        then?.()
      })
      .catch((error: unknown) => onFailure(error instanceof Error ? error.message : String(error)))
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <IconButton icon="dots" label={`More for ${latest.id}`} disabled={away || !may} />
        </Menu.Target>
        <Menu.Dropdown>
          {off ? (
            <Menu.Item disabled={byText} onClick={() => act(switchOn(flow))}>
              {byText ? 'Switched off by its text' : 'Switch on'}
            </Menu.Item>
          ) : (
            <Menu.Item onClick={() => act(switchOff(flow))}>Switch off</Menu.Item>
          )}
          <Menu.Item color="var(--ds-failed-ink)" onClick={() => setAsked(true)}>
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked && (
        <Confirm
          title={`Delete ${latest.id}`}
          does="Delete"
          danger
          onClose={() => setAsked(false)}
          onConfirm={() => {
            setAsked(false)
            act(remove(flow), () => void navigate({ to: '/flows', search: {} }))
          }}
        >
          <p>No list shows it any more, and no run or replay of it is made. Its revisions and its runs stay.</p>
          <p className="muted">
            A new save of it brings it back, and so does <code>dalsegno flow restore {latest.id}</code>.
          </p>
        </Confirm>
      )}
    </>
  )
}
