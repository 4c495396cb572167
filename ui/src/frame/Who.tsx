import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../api/client'
import { session } from '../api/session'
import { meQuery } from '../api/queries'

/** The way out: the session ends, and nothing that was read stays. */
export function useLogout(): () => void {
  const client = useQueryClient()
  return () =>
    void api.POST('/api/v1/logout', {}).then(() => {
      session.need(true)
      client.clear()
    })
}

/** Who is logged in, and the way out; nothing where nobody has to. */
export function Who() {
  const me = useQuery(meQuery).data
  const leave = useLogout()
  if (me?.door !== 'session') return null
  return (
    <button type="button" className="btn quiet sm not-small" title={`${me.name}, ${me.role}`} onClick={leave}>
      Log out
    </button>
  )
}
