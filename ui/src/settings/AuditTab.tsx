import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { auditQuery, usersQuery, type AuditEntry } from '../api/access'
import { useMay } from '../api/role'
import { Mark } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { Labelled } from './parts'
import { OnlyAdmins } from './UsersTab'

/** Who did what, the newest first. */
export function AuditTab() {
  const admin = useMay('admin', false)
  const { user } = useSearch({ from: '/settings/audit' })
  const navigate = useNavigate({ from: '/settings/audit' })
  const users = useQuery({ ...usersQuery, enabled: admin }).data ?? []
  const found = useInfiniteQuery({ ...auditQuery(user), enabled: admin })
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? []
  if (!admin) return <OnlyAdmins />
  const names = [...new Set([...users.map((each) => each.name), ...entries.flatMap((each) => (each.user ? [each.user] : [])), ...(user ? [user] : [])])].sort()
  return (
    <div className="cards full">
      <div className="in-line">
        <Labelled label="What this user did">
          {(id) => (
            <select id={id} className="field" value={user ?? ''} onChange={(event) => void navigate({ search: event.target.value ? { user: event.target.value } : {}, replace: true })}>
              <option value="">everybody</option>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Labelled>
        <button type="button" className="btn" onClick={() => void found.refetch()}>
          Read again
        </button>
      </div>
      <section className="block">
        <header>
          <h2>Audit log</h2>
        </header>
        {found.error && !found.data ? (
          <Failure error={found.error} again={() => void found.refetch()} />
        ) : found.isPending ? (
          <Skeleton rows={8} />
        ) : entries.length === 0 ? (
          <p className="calm">Nothing yet. Every request that changes something, and every one that is refused to somebody, will stand here.</p>
        ) : (
          <div className="wide-table" tabIndex={0} role="group" aria-label="Audit log">
            <table className="table audit">
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">From</th>
                  <th scope="col">What</th>
                  <th scope="col">Came of it</th>
                  <th scope="col">Detail</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <Row key={entry.number} entry={entry} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {found.hasNextPage && (
        <div>
          <button type="button" className="btn" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Earlier ones
          </button>
        </div>
      )}
    </div>
  )
}

function Row({ entry }: { entry: AuditEntry }) {
  const { run, ...rest } = entry.detail
  const well = entry.status < 400
  return (
    <tr>
      <td className="soft nowrap">
        <Moment at={entry.at} />
      </td>
      <td className="cut">
        {entry.user ?? (entry.door === 'local' ? 'this machine' : 'nobody known')}
        <span className="muted">{[entry.role, entry.door].filter(Boolean).map((each) => `, ${each}`).join('')}</span>
      </td>
      <td className="muted cut">{entry.address}</td>
      <td className="cut" title={`${entry.method} ${entry.path}`}>
        <code>{`${entry.method} ${entry.path.replace('/api/v1', '')}`}</code>
      </td>
      <td>
        <span className="state" data-state={well ? 'success' : 'failed'}>
          <Mark look={well ? 'success' : 'failed'} />
          {entry.status === 403 ? '403, refused' : entry.status}
        </span>
      </td>
      <td className="cut">
        {typeof run === 'string' && (
          <Link className="link" to="/runs/$run" params={{ run }} search={{}}>
            run
          </Link>
        )}{' '}
        {Object.keys(rest).length > 0 && (
          <details>
            <summary className="sm">more</summary>
            <pre>{JSON.stringify(rest, null, 2)}</pre>
          </details>
        )}
      </td>
    </tr>
  )
}
