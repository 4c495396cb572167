import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { AppFrame } from './frame/AppFrame'
import { NotFound } from './frame/NotFound'
import { filtersOf, runsSearchOf, type Filters } from './model/filters'

/** What the address of a run's page says beside the run: the open task, the tasks of the replay sheet, the filter of its log. */
export interface RunSearch {
  task?: string
  /** Where the sheet is open: the tasks that it starts with, or `*` for none. */
  replay?: string[]
  level?: string
  text?: string
  attempt?: string
}

const rootRoute = createRootRoute({ component: AppFrame, notFoundComponent: NotFound })

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { back?: '24h' | '14d' | '90d'; table?: boolean } => ({
    ...((search.back === '24h' || search.back === '90d') && { back: search.back }),
    ...((search.table === true || search.table === 'true') && { table: true }),
  }),
  component: lazyRouteComponent(() => import('./home/HomePage'), 'HomePage'),
})

const runsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs',
  validateSearch: runsSearchOf,
  component: lazyRouteComponent(() => import('./runs/RunsPage'), 'RunsPage'),
})

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

export const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs/$run',
  validateSearch: (search: Record<string, unknown>): RunSearch => ({
    ...(search.task !== undefined && { task: String(search.task) }),
    ...(search.replay !== undefined && { replay: listOf(search.replay) }),
    ...(search.level !== undefined && { level: String(search.level) }),
    ...(search.text !== undefined && { text: String(search.text) }),
    ...(search.attempt !== undefined && { attempt: String(search.attempt) }),
  }),
  component: lazyRouteComponent(() => import('./run/RunPage'), 'RunPage'),
})

export const ganttRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./run/GanttTab'), 'GanttTab'),
})

export const overviewRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/overview',
  component: lazyRouteComponent(() => import('./run/OverviewTab'), 'OverviewTab'),
})

export const logsRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/logs',
  component: lazyRouteComponent(() => import('./run/LogsTab'), 'LogsTab'),
})

export const fixRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs/$run/fix',
  validateSearch: (search: Record<string, unknown>): { task?: string } => (search.task === undefined ? {} : { task: String(search.task) }),
  component: lazyRouteComponent(() => import('./fix/FixPage'), 'FixPage'),
})

const flowsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows',
  component: lazyRouteComponent(() => import('./flows/FlowsPage'), 'FlowsPage'),
})

export const flowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/$flow',
  validateSearch: (search: Record<string, unknown>): { revision?: string; view?: 'text' | 'difference' } => ({
    ...(search.revision !== undefined && { revision: String(search.revision) }),
    ...(search.view === 'difference' && { view: 'difference' as const }),
  }),
  component: lazyRouteComponent(() => import('./flows/FlowPage'), 'FlowPage'),
})

const jobsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bulk-replays',
  component: lazyRouteComponent(() => import('./bulk/JobsPage'), 'JobsPage'),
})

/** The runs of a new bulk replay: named, or all that match. */
const newJobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bulk-replays/new',
  validateSearch: (search: Record<string, unknown>): Filters & { run?: string[] } => ({
    ...filtersOf(search),
    ...(search.run !== undefined && { run: listOf(search.run) }),
  }),
  component: lazyRouteComponent(() => import('./bulk/NewJobPage'), 'NewJobPage'),
})

const jobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bulk-replays/$job',
  validateSearch: (search: Record<string, unknown>): { result?: string } => (search.result === undefined ? {} : { result: String(search.result) }),
  component: lazyRouteComponent(() => import('./bulk/JobPage'), 'JobPage'),
})

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./settings/SettingsPage'), 'SettingsPage'),
})

const youRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./settings/YouTab'), 'YouTab'),
})

const tokensRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./settings/TokensTab'), 'TokensTab'),
})

const usersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('./settings/UsersTab'), 'UsersTab'),
})

const auditRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): { user?: string } => (search.user === undefined || search.user === '' ? {} : { user: String(search.user) }),
  component: lazyRouteComponent(() => import('./settings/AuditTab'), 'AuditTab'),
})

const tree = rootRoute.addChildren([homeRoute, runsRoute, flowsRoute, flowRoute, fixRoute, jobsRoute, newJobRoute, jobRoute, settingsRoute.addChildren([youRoute, tokensRoute, usersRoute, auditRoute]), runRoute.addChildren([ganttRoute, overviewRoute, logsRoute])])

export const makeRouter = () =>
  createRouter({
    routeTree: tree,
    defaultPreload: 'intent',
    defaultPendingMs: 200,
    parseSearch: (text) => {
      const found: Record<string, string | string[]> = {}
      for (const [name, value] of new URLSearchParams(text)) {
        const before = found[name]
        found[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
      }
      return found
    },
    stringifySearch: (search) => {
      const pairs = Object.entries(search).flatMap(([name, value]) =>
        value === undefined || value === null ? [] : (Array.isArray(value) ? value : [value]).map((each) => [name, String(each)]),
      )
      const text = new URLSearchParams(pairs as string[][]).toString()
      return text === '' ? '' : `?${text}`
    },
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
