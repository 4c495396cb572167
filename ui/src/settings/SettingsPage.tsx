import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { meQuery } from '../api/queries'
import { useMay } from '../api/role'
import { useLogout } from '../frame/Who'
import '../styles/settings.css'

const tab = { activeProps: { 'aria-current': 'page' as const } }

/** Who asks, the tokens, the users and what was done. */
export function SettingsPage() {
  const me = useQuery(meQuery).data
  const admin = useMay('admin')
  const leave = useLogout()
  useEffect(() => {
    document.title = 'Settings · Dal Segno'
  }, [])
  return (
    <>
      <div className="head">
        <div className="title">
          <h1>Settings</h1>
          {me && me.door !== 'local' && (
            <div className="actions">
              <span className="soft sm signed">
                Signed in as <b className="strong">{me.name}</b>, {me.role}
              </span>
              <button type="button" className="btn" onClick={leave}>
                Log out
              </button>
            </div>
          )}
        </div>
        <nav className="tabs" aria-label="Parts of the settings">
          <Link to="/settings" activeOptions={{ exact: true }} {...tab}>
            You
          </Link>
          <Link to="/settings/tokens" {...tab}>
            Tokens
          </Link>
          {admin && (
            <>
              <Link to="/settings/users" {...tab}>
                Users
              </Link>
              <Link to="/settings/audit" activeOptions={{ includeSearch: false }} {...tab}>
                Audit log
              </Link>
            </>
          )}
        </nav>
      </div>
      <div className="settings">
        <Outlet />
      </div>
    </>
  )
}
