import { useQuery } from '@tanstack/react-query'
import { meQuery } from './queries'

const ROLES = ['viewer', 'operator', 'editor', 'admin']

/** Whether whoever looks may do what a role may; as long as that is not known, the server says so itself. */
export function useMay(role: 'operator' | 'editor' | 'admin'): boolean {
  const me = useQuery(meQuery).data
  return me === undefined || ROLES.indexOf(me.role) >= ROLES.indexOf(role)
}
