import type { ReactNode } from 'react'
import { useMay, type Role } from '../api/role'

/** What is there for those alone who may do it. */
export const For = ({ role, children }: { role: Role; children: ReactNode }) => (useMay(role) ? <>{children}</> : null)
