import { useId, type ReactNode } from 'react'
import { ROLES, type Role } from '../api/role'
import { Notice, Prose } from '../parts/pieces'

/** What the server refused, in its own words. */
export function Told({ refused }: { refused: string | null }) {
  if (refused === null) return null
  return (
    <Notice look="failed" role="alert">
      <Prose text={refused} />
    </Notice>
  )
}

/** A field with its label above it. */
export function Labelled({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  )
}

interface RoleProps {
  id?: string
  label?: string
  value: Role | ''
  /** The highest that can be given. */
  most?: Role
  /** The word for none. */
  none?: string
  disabled?: boolean
  onChange: (role: Role | '') => void
}

/** Chooses a role; each may do all that those before it may. */
export function RoleSelect({ id, label, value, most = 'admin', none, disabled, onChange }: RoleProps) {
  return (
    <select id={id} className="field" aria-label={label} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as Role | '')}>
      {none && <option value="">{none}</option>}
      {ROLES.slice(0, ROLES.indexOf(most) + 1).map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </select>
  )
}
