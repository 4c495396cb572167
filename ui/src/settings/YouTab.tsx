import { useMantineColorScheme } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { setPassword } from '../api/access'
import { meQuery } from '../api/queries'
import { session } from '../api/session'
import { lettersAreKeys, setLettersAreKeys } from '../parts/keys'
import { Segments } from '../parts/pieces'
import { Labelled, Told } from './parts'
import { useSaying } from './useSaying'

const MAY: Record<string, string> = {
  viewer: 'looks at everything but users and the audit log.',
  operator: 'also runs, replays, kills and labels.',
  editor: 'also writes flows, code, values and files, and deletes runs.',
  admin: 'does everything, users and purges too.',
}

/** Who asks, and what this browser keeps. */
export function YouTab() {
  const me = useQuery(meQuery).data
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [letters, setLetters] = useState(lettersAreKeys)
  return (
    <div className="cards">
      <section className="block">
        <header>
          <h2>Who you are</h2>
        </header>
        <div className="inside">
          {me?.door === 'local' ? (
            <p>
              This server has no login: whoever reaches it on this machine may do everything, as <b className="strong">{me.name}</b>. <code>dalsegno server --login</code> has users log in.
            </p>
          ) : (
            me && (
              <p>
                <b className="strong">{me.name}</b>, {me.role}. Who is {me.role} {MAY[me.role]}
              </p>
            )
          )}
        </div>
      </section>
      {me?.door === 'session' && me.name && <Password name={me.name} />}
      <section className="block">
        <header>
          <h2>This browser</h2>
        </header>
        <div className="inside stack">
          <div className="row wrap">
            <span className="grow">Theme</span>
            <Segments
              label="Theme"
              value={colorScheme}
              choices={[
                { value: 'auto', label: 'As the system' },
                { value: 'light', label: 'Light' },
                { value: 'dark', label: 'Dark' },
              ]}
              onChange={setColorScheme}
            />
          </div>
          <label className="row">
            <input
              type="checkbox"
              checked={letters}
              onChange={(event) => {
                setLetters(event.target.checked)
                setLettersAreKeys(event.target.checked)
              }}
            />
            <span>Single letters are keys, such as <span className="kbd">r</span> for replay</span>
          </label>
        </div>
      </section>
    </div>
  )
}

function Password({ name }: { name: string }) {
  const client = useQueryClient()
  const { refused, busy, say } = useSaying()
  const [old, setOld] = useState('')
  const [password, set] = useState('')
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if ((await say(() => setPassword(name, password, old))) === null) return
    session.need(true)
    client.clear()
  }
  return (
    <section className="block">
      <header>
        <h2>Password</h2>
      </header>
      <form className="inside stack" onSubmit={(event) => void submit(event)}>
        <Told refused={refused} />
        <p className="sm soft">All your sessions end, this one too: log in with the new one.</p>
        <Labelled label="Present password">
          {(id) => (
            <div className="field">
              <input id={id} type="password" autoComplete="current-password" value={old} onChange={(event) => setOld(event.target.value)} />
            </div>
          )}
        </Labelled>
        <Labelled label="New password, at least 10 characters">
          {(id) => (
            <div className="field">
              <input id={id} type="password" autoComplete="new-password" value={password} onChange={(event) => set(event.target.value)} />
            </div>
          )}
        </Labelled>
        <div>
          <button type="submit" className="btn" disabled={busy || old === '' || password === ''}>
            Change password
          </button>
        </div>
      </form>
    </section>
  )
}
