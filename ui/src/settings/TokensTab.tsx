import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { createToken, revokeToken, TOKENS, tokensQuery, usersQuery, type NewToken, type Token } from '../api/access'
import { meQuery } from '../api/queries'
import { useMay, type Role } from '../api/role'
import { copy } from '../parts/copy'
import { Icon } from '../parts/marks'
import { Failure, Notice, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { Labelled, RoleSelect, Told } from './parts'
import { useSaying } from './useSaying'

/** API tokens: one's own, and for an admin those of all. */
export function TokensTab() {
  const found = useQuery(tokensQuery)
  const [made, setMade] = useState<NewToken | null>(null)
  const tokens = found.data ?? []
  return (
    <div className="cards wide">
      {made && <Secret token={made} close={() => setMade(null)} />}
      <Make made={setMade} />
      <section className="block">
        <header>
          <h2>Tokens</h2>
          <span className="count">{tokens.length || ''}</span>
        </header>
        {found.error && !found.data ? (
          <Failure error={found.error} again={() => void found.refetch()} />
        ) : found.isPending ? (
          <Skeleton rows={3} />
        ) : tokens.length === 0 ? (
          <p className="calm">No token yet. Programs show one in the place of a password: the command line, and <code>Client(url=…, token=…)</code>.</p>
        ) : (
          <div className="wide-table" tabIndex={0} role="group" aria-label="Tokens">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">For</th>
                  <th scope="col">Of</th>
                  <th scope="col">May be at most</th>
                  <th scope="col">Made</th>
                  <th scope="col">Ends</th>
                  <th scope="col">
                    <span className="vh">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {tokens.map((token) => (
                  <Row key={token.id} token={token} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </div>
  )
}

function Row({ token }: { token: Token }) {
  const client = useQueryClient()
  const { refused, busy, say } = useSaying()
  const [asked, ask] = useState(false)
  const revoke = async () => {
    if ((await say(() => revokeToken(token.id))) !== null) void client.invalidateQueries({ queryKey: TOKENS })
  }
  return (
    <tr>
      <th scope="row" className="cut">
        {token.name}
      </th>
      <td className="cut">{token.user}</td>
      <td>{token.role}</td>
      <td className="soft nowrap">
        <Moment at={token.created} />
      </td>
      <td className="soft nowrap">{token.expires ? <Moment at={token.expires} /> : 'never'}</td>
      <td className="end-cell">
        <Told refused={refused} />
        {asked ? (
          <>
            <button type="button" className="btn sm" onClick={() => ask(false)}>
              Keep
            </button>
            <button type="button" className="btn sm danger" disabled={busy} autoFocus onClick={() => void revoke()}>
              Revoke for good
            </button>
          </>
        ) : (
          <button type="button" className="btn sm" aria-label={`Revoke ${token.name}`} onClick={() => ask(true)}>
            Revoke
          </button>
        )}
      </td>
    </tr>
  )
}

function Make({ made }: { made: (token: NewToken) => void }) {
  const client = useQueryClient()
  const me = useQuery(meQuery).data
  const admin = useMay('admin', false)
  const users = useQuery({ ...usersQuery, enabled: admin }).data ?? []
  const { refused, busy, say } = useSaying()
  const [name, setName] = useState('')
  const [user, setUser] = useState('')
  const [role, setRole] = useState<Role | ''>('')
  const [days, setDays] = useState('90')
  const local = me?.door === 'local'
  const whose = user || (local ? (users[0]?.name ?? '') : (me?.name ?? ''))
  const most = (users.find((each) => each.name === whose)?.role ?? me?.role) as Role | undefined
  if (local && users.length === 0) {
    return (
      <Notice look="queued">
        <span className="strong">Tokens belong to users, and there is none yet.</span> Add one under Users.
      </Notice>
    )
  }
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    const token = await say(() => createToken(name.trim(), whose || null, role || null, days === '' ? null : Number(days)))
    if (token === null) return
    made(token)
    setName('')
    void client.invalidateQueries({ queryKey: TOKENS })
  }
  return (
    <section className="block">
      <header>
        <h2>Make a token</h2>
      </header>
      <form className="inside in-line" onSubmit={(event) => void submit(event)}>
        <Labelled label="What it is for">
          {(id) => (
            <div className="field">
              <input id={id} value={name} placeholder="for CI" onChange={(event) => setName(event.target.value)} />
            </div>
          )}
        </Labelled>
        {admin && users.length > 0 && (
          <Labelled label="User">
            {(id) => (
              <select id={id} className="field" value={whose} onChange={(event) => setUser(event.target.value)}>
                {users.map((each) => (
                  <option key={each.name}>{each.name}</option>
                ))}
              </select>
            )}
          </Labelled>
        )}
        <Labelled label="May be at most">{(id) => <RoleSelect id={id} value={role} most={most} none="what its user is" onChange={setRole} />}</Labelled>
        <Labelled label="Ends after, days">
          {(id) => (
            <div className="field">
              <input id={id} type="number" min={1} placeholder="never" value={days} onChange={(event) => setDays(event.target.value)} />
            </div>
          )}
        </Labelled>
        <button type="submit" className="btn primary" disabled={busy || name.trim() === ''}>
          Make token
        </button>
        <Told refused={refused} />
      </form>
    </section>
  )
}

/** A token, which is shown this once. */
function Secret({ token, close }: { token: NewToken; close: () => void }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className="notice secret" data-state="success" role="status">
      <div className="grow">
        <p>
          <b className="strong">Made {token.name}.</b> Copy it now: it is shown this once, and only a hash of it is kept.
        </p>
        <code className="wraps">{token.secret}</code>
      </div>
      <button type="button" className="btn sm" onClick={() => void copy(token.secret).then(setCopied)}>
        <Icon name={copied ? 'check' : 'copy'} size={14} />
        {copied ? 'Copied' : 'Copy'}
      </button>
      <button type="button" className="btn sm" onClick={close}>
        I have it
      </button>
    </div>
  )
}
