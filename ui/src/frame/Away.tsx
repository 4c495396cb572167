import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { usePresence } from '../api/hooks'
import { server } from '../api/live'
import { clockOf } from '../model/format'
import { Mark } from '../parts/marks'

/** How often it is looked whether the server is back, in milliseconds. */
const LOOK = 2000

/** Says calmly that the server is away; when it is back, the page catches up. */
export function Away() {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!away) {
      setShown(false)
      return
    }
    // a connection that is back at once is no news
    const soon = window.setTimeout(() => setShown(true), 600)
    const look = window.setInterval(async () => {
      const answer = await fetch('/healthz').catch(() => null)
      if (!answer?.ok) return
      server.is('live')
      void client.invalidateQueries()
    }, LOOK)
    return () => {
      window.clearTimeout(soon)
      window.clearInterval(look)
    }
  }, [away, client])
  if (!shown) return null
  const since = server.awaySince()
  return (
    <div className="banner" data-state="warning" role="status">
      <Mark look="warning" />
      <span>
        <b className="strong">The server does not answer.</b> What is shown is as of {since === null ? 'a moment ago' : clockOf(new Date(since)).slice(0, 8)};
        the page catches up when it is back.
      </span>
    </div>
  )
}
