import { useQuery } from '@tanstack/react-query'
import { meQuery } from './queries'

export const ROLES = ['viewer', 'operator', 'editor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether who looks may do what needs a role. What is not known yet is left to the server, which refuses it, unless it is said otherwise. */
export function useMay(role: Role, unknown = true): boolean {
  const own = useQuery(meQuery).data?.role
  if (own === undefined) return unknown
  return ROLES.indexOf(own as Role) >= ROLES.indexOf(role)
}
