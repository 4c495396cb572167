import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../api/client'
import { session } from '../api/session'
import { meQuery } from '../api/queries'

/** Who is logged in, and the way out; nothing where nobody has to. */
export function Who() {
  const client = useQueryClient()
  const me = useQuery(meQuery).data
  if (me?.door !== 'session') return null
  const leave = async () => {
    await api.POST('/api/v1/logout', {})
    session.need(true)
    client.clear()
  }
  return (
    <button type="button" className="btn quiet sm" title={`${me.name}, ${me.role}`} onClick={() => void leave()}>
      Log out
    </button>
  )
}
