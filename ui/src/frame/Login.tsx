import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, given } from '../api/client'
import { session } from '../api/session'
import { Segno } from '../parts/marks'
import { Notice, Prose } from '../parts/pieces'

/** Asks who is there, where the server wants to know. */
export function Login() {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [refused, setRefused] = useState<string | null>(null)
  const [sending, setSending] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    setSending(true)
    try {
      await given(api.POST('/api/v1/login', { body: { name, password } }))
      session.need(false)
      await client.resetQueries()
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
      setPassword('')
    } finally {
      setSending(false)
    }
  }
  return (
    <form className="login" onSubmit={(event) => void submit(event)} aria-labelledby="login-title">
      <Segno size={36} />
      <h1 id="login-title">Log in</h1>
      {refused && (
        <Notice look="failed" role="alert">
          <Prose text={refused} />
        </Notice>
      )}
      <label htmlFor="login-name">Name</label>
      <div className="field">
        <input id="login-name" autoComplete="username" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      </div>
      <label htmlFor="login-password">Password</label>
      <div className="field">
        <input id="login-password" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
      </div>
      <button type="submit" className="btn primary" disabled={sending || name === '' || password === ''}>
        Log in
      </button>
    </form>
  )
}
