import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { AppFrame } from './frame/AppFrame'
import { NotFound } from './frame/NotFound'
import { filtersOf } from './model/filters'

/** What the address of a run's page says beside the run: the open task, the tasks of the replay sheet, the filter of its log. */
export interface RunSearch {
  task?: string
  /** Where the sheet is open: the tasks that it starts with, or `*` for none. */
  replay?: string[]
  /** What else the sheet asks for, as JSON. */
  ask?: string
  /** Which groups of the topology are folded; one that is empty for none. */
  fold?: string[]
  level?: string
  text?: string
  attempt?: string
}

const rootRoute = createRootRoute({ component: AppFrame, notFoundComponent: NotFound })

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./home/HomePage'), 'HomePage'),
})

const runsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs',
  validateSearch: filtersOf,
  component: lazyRouteComponent(() => import('./runs/RunsPage'), 'RunsPage'),
})

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

export const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs/$run',
  validateSearch: (search: Record<string, unknown>): RunSearch => ({
    ...(search.task !== undefined && { task: String(search.task) }),
    ...(search.replay !== undefined && { replay: listOf(search.replay) }),
    ...(search.ask !== undefined && { ask: String(search.ask) }),
    ...(search.fold !== undefined && { fold: listOf(search.fold) }),
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

export const topologyRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/topology',
  component: lazyRouteComponent(() => import('./run/TopologyTab'), 'TopologyTab'),
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

const tree = rootRoute.addChildren([homeRoute, runsRoute, flowsRoute, flowRoute, fixRoute, runRoute.addChildren([ganttRoute, overviewRoute, logsRoute, topologyRoute])])

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
