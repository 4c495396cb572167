import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, given } from './client'
import type { components } from './schema'
import type { Role } from './role'

export type User = components['schemas']['UserShown']
export type Token = components['schemas']['TokenShown']
export type NewToken = components['schemas']['NewTokenShown']
export type AuditEntry = components['schemas']['AuditEntryShown']

export const USERS = ['users'] as const
export const TOKENS = ['tokens'] as const

export const usersQuery = queryOptions({
  queryKey: USERS,
  queryFn: async ({ signal }) => (await given(api.GET('/api/v1/users', { signal }))).users,
})

export const tokensQuery = queryOptions({
  queryKey: TOKENS,
  queryFn: async ({ signal }) => (await given(api.GET('/api/v1/tokens', { signal }))).tokens,
})

export const auditQuery = (user: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['audit', user ?? null],
    queryFn: ({ signal, pageParam }) =>
      given(api.GET('/api/v1/audit-log', { params: { query: { limit: 100, ...(user && { user }), ...(pageParam !== null && { before: pageParam }) } }, signal })),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
  })

const named = (name: string) => ({ path: { name } })

export const addUser = (name: string, role: Role, password: string) => given(api.POST('/api/v1/users', { body: { name, role, password } }))
export const setRole = (name: string, role: Role) => given(api.PUT('/api/v1/users/{name}/role', { params: named(name), body: { role } }))
export const setPassword = (name: string, password: string, old: string | null) =>
  given(api.PUT('/api/v1/users/{name}/password', { params: named(name), body: { password, old } }))
export const removeUser = (name: string) => given(api.DELETE('/api/v1/users/{name}', { params: named(name) }))

export const createToken = (name: string, user: string | null, role: Role | null, days: number | null) =>
  given(api.POST('/api/v1/tokens', { body: { name, user, role, days } }))
export const revokeToken = (id: string) => given(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } }))
