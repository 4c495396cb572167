import { Modal } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { addUser, removeUser, setPassword, setRole, TOKENS, USERS, usersQuery, type User } from '../api/access'
import { meQuery } from '../api/queries'
import { useMay, type Role } from '../api/role'
import { Failure, Notice, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { Labelled, RoleSelect, Told } from './parts'
import { useSaying } from './useSaying'

/** Users, for an admin. */
export function UsersTab() {
  const admin = useMay('admin', false)
  const found = useQuery({ ...usersQuery, enabled: admin })
  const users = found.data ?? []
  if (!admin) return <OnlyAdmins />
  return (
    <div className="cards wide">
      <Add />
      <section className="block">
        <header>
          <h2>Users</h2>
          <span className="count">{users.length || ''}</span>
        </header>
        {found.error && !found.data ? (
          <Failure error={found.error} again={() => void found.refetch()} />
        ) : found.isPending ? (
          <Skeleton rows={3} />
        ) : users.length === 0 ? (
          <p className="calm">No user yet. The first should be an admin: a server with a login needs one.</p>
        ) : (
          <div className="wide-table" tabIndex={0} role="group" aria-label="Users">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Role</th>
                  <th scope="col">Added</th>
                  <th scope="col">
                    <span className="vh">Change</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {users.map((user) => (
                  <Row key={user.name} user={user} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </div>
  )
}

export function OnlyAdmins() {
  return (
    <Notice look="warning">
      <span className="strong">Only an admin sees this.</span>
    </Notice>
  )
}

function Row({ user }: { user: User }) {
  const client = useQueryClient()
  const me = useQuery(meQuery).data
  const { refused, busy, say } = useSaying()
  const [open, setOpen] = useState<'password' | 'remove' | null>(null)
  const current = () => client.invalidateQueries({ queryKey: USERS })
  const change = async (role: Role | '') => {
    if (role !== '' && (await say(() => setRole(user.name, role))) !== null) {
      void current()
      void client.invalidateQueries({ queryKey: meQuery.queryKey })
    }
  }
  return (
    <tr>
      <th scope="row" className="cut">
        {user.name}
        {me?.door !== 'local' && me?.name === user.name && <span className="tag you">you</span>}
      </th>
      <td>
        <RoleSelect label={`Role of ${user.name}`} value={user.role as Role} disabled={busy} onChange={(role) => void change(role)} />
        <Told refused={refused} />
      </td>
      <td className="soft nowrap">
        <Moment at={user.created} />
      </td>
      <td className="end-cell">
        <button type="button" className="btn sm" aria-label={`Set password of ${user.name}`} onClick={() => setOpen('password')}>
          Set password
        </button>
        <button type="button" className="btn sm danger" aria-label={`Remove ${user.name}`} onClick={() => setOpen('remove')}>
          Remove
        </button>
        {open === 'password' && <NewPassword user={user} close={() => setOpen(null)} />}
        {open === 'remove' && (
          <Remove
            user={user}
            close={() => setOpen(null)}
            done={() => {
              void current()
              void client.invalidateQueries({ queryKey: TOKENS })
            }}
          />
        )}
      </td>
    </tr>
  )
}

function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack">{children}</div>
    </Modal>
  )
}

function NewPassword({ user, close }: { user: User; close: () => void }) {
  const { refused, busy, say } = useSaying()
  const [password, set] = useState('')
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if ((await say(() => setPassword(user.name, password, null))) !== null) close()
  }
  return (
    <Dialog title={`Password of ${user.name}`} close={close}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <Told refused={refused} />
        <Labelled label="New password, at least 10 characters">
          {(id) => (
            <div className="field">
              <input id={id} type="password" autoComplete="new-password" data-autofocus value={password} onChange={(event) => set(event.target.value)} />
            </div>
          )}
        </Labelled>
        <p className="sm soft">All sessions of {user.name} end.</p>
        <div className="foot-row">
          <button type="button" className="btn" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="btn primary" disabled={busy || password === ''}>
            Set password
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Remove({ user, close, done }: { user: User; close: () => void; done: () => void }) {
  const { refused, busy, say } = useSaying()
  const remove = async () => {
    if ((await say(() => removeUser(user.name))) === null) return
    done()
    close()
  }
  return (
    <Dialog title={`Remove ${user.name}`} close={close}>
      <Told refused={refused} />
      <p>Tokens and sessions of {user.name} end at once. What {user.name} has done stays in runs and in the audit log.</p>
      <div className="foot-row">
        <button type="button" className="btn" onClick={close}>
          Cancel
        </button>
        <button type="button" className="btn danger" disabled={busy} onClick={() => void remove()}>
          Remove {user.name}
        </button>
      </div>
    </Dialog>
  )
}

function Add() {
  const client = useQueryClient()
  const { refused, busy, say } = useSaying()
  const [name, setName] = useState('')
  const [role, setRoleOf] = useState<Role>('viewer')
  const [password, set] = useState('')
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if ((await say(() => addUser(name.trim(), role, password))) === null) return
    setName('')
    set('')
    void client.invalidateQueries({ queryKey: USERS })
  }
  return (
    <section className="block">
      <header>
        <h2>Add a user</h2>
      </header>
      <form className="inside in-line" onSubmit={(event) => void submit(event)}>
        <Labelled label="Name">
          {(id) => (
            <div className="field">
              <input id={id} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
            </div>
          )}
        </Labelled>
        <Labelled label="Role">{(id) => <RoleSelect id={id} value={role} onChange={(value) => setRoleOf(value || 'viewer')} />}</Labelled>
        <Labelled label="Password, at least 10 characters">
          {(id) => (
            <div className="field">
              <input id={id} type="password" autoComplete="new-password" value={password} onChange={(event) => set(event.target.value)} />
            </div>
          )}
        </Labelled>
        <button type="submit" className="btn primary" disabled={busy || name.trim() === '' || password === ''}>
          Add user
        </button>
        <Told refused={refused} />
      </form>
    </section>
  )
}
