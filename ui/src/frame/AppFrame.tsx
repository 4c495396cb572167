import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import { usePresence } from '../api/hooks'
import { meQuery } from '../api/queries'
import { useLoginNeeded } from '../api/session'
import { useKeys } from '../parts/keys'
import { Icon, Segno } from '../parts/marks'
import { IconButton } from '../parts/button'
import { Away } from './Away'
import { Login } from './Login'
import { Who } from './Who'

const Palette = lazy(() => import('../palette/Palette').then((module) => ({ default: module.Palette })))
const Keys = lazy(() => import('./Keys').then((module) => ({ default: module.Keys })))

/** The bar at the top, the page, and what floats over it. */
export function AppFrame() {
  const navigate = useNavigate()
  const [helping, setHelping] = useState(false)
  const [seeking, setSeeking] = useState(false)
  usePaletteKey(useCallback(() => setSeeking((open) => !open), []))
  const lead = useRef(0)
  const login = useLoginNeeded()
  // until it is known who asks, what is asked for comes in unseen: no page flashes before the login
  const unsure = useQuery(meQuery).isPending
  useKeys(
    useMemo(() => {
      const after = (go: () => void) => () => {
        if (Date.now() - lead.current < 1200) go()
        lead.current = 0
      }
      return {
        '?': () => setHelping(true),
        g: () => {
          lead.current = Date.now()
        },
        h: after(() => void navigate({ to: '/' })),
        '/': () => document.querySelector<HTMLInputElement>('[data-search]')?.focus(),
      }
    }, [navigate]),
  )
  // `g` then `r`, `f`, `b` or `s`: a page may want these keys for itself
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!['r', 'f', 'b', 's'].includes(event.key) || Date.now() - lead.current >= 1200) return
      lead.current = 0
      event.preventDefault()
      event.stopImmediatePropagation()
      if (event.key === 'r') void navigate({ to: '/runs', search: {} })
      else void navigate({ to: event.key === 'f' ? '/flows' : event.key === 'b' ? '/bulk-replays' : '/settings' })
    }
    window.addEventListener('keydown', pressed, true)
    return () => window.removeEventListener('keydown', pressed, true)
  }, [navigate])
  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="topbar">
        <Link className="brand" to="/" aria-label="Dal Segno, home">
          <Segno size={20} />
          <span>Dal Segno</span>
        </Link>
        <nav className="nav" aria-label="Main">
          <Link to="/" activeOptions={{ exact: true }}>
            Home
          </Link>
          <Link to="/runs" search={{}} activeOptions={{ includeSearch: false }}>
            Runs
          </Link>
          <Link to="/flows">Flows</Link>
          <Link to="/bulk-replays">Bulk replays</Link>
        </nav>
        <span className="grow" />
        {!login && <SearchOpen onClick={() => setSeeking(true)} />}
        <Who />
        <Presence />
        <Theme />
        <Link className="icon-btn" to="/settings" aria-label="Settings" title="Settings (g s)">
          <Icon name="settings" />
        </Link>
        <IconButton icon="keyboard" label="Keyboard and help" hint="?" className="only-wide" onClick={() => setHelping(true)} />
      </header>
      <main className={unsure && !login ? 'page unsure' : 'page'} id="main" tabIndex={-1}>
        {login ? <Login /> : <Outlet />}
      </main>
      <Away />
      {seeking && !login && (
        <Suspense fallback={null}>
          <Palette onClose={() => setSeeking(false)} onKeys={() => setHelping(true)} />
        </Suspense>
      )}
      {helping && (
        <Suspense fallback={null}>
          <Keys onClose={() => setHelping(false)} />
        </Suspense>
      )}
    </div>
  )
}

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform)

/** Ctrl K, or ⌘ K where that is the key for commands; wherever the focus is. */
function usePaletteKey(toggle: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || event.altKey || event.shiftKey || !(MAC ? event.metaKey : event.ctrlKey)) return
      event.preventDefault()
      event.stopPropagation()
      toggle()
    }
    window.addEventListener('keydown', pressed, true)
    return () => window.removeEventListener('keydown', pressed, true)
  }, [toggle])
}

function SearchOpen({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="search-open" title={`Search or run a command (${MAC ? '⌘' : 'Ctrl'} K)`} onClick={onClick}>
      <Icon name="search" size={14} />
      <span className="grow">Search or run a command</span>
      <span className="kbd">{MAC ? '⌘' : 'Ctrl'} K</span>
    </button>
  )
}

function Presence() {
  const away = usePresence() === 'away'
  return (
    <span className={away ? 'live away' : 'live'} role="status">
      {away ? 'Away' : 'Live'}
    </span>
  )
}

function Theme() {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  return (
    <IconButton icon="moon" className="not-small" label={dark ? 'Light theme' : 'Dark theme'} onClick={() => setColorScheme(dark ? 'light' : 'dark')} />
  )
}
