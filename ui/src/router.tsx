import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { AppFrame } from './frame/AppFrame'
import { NotFound } from './frame/NotFound'
import { filtersOf } from './model/filters'

/** What the address of a run's page says beside the run: the open task, the tasks of the replay sheet, the filter of its log. */
export interface RunSearch {
  task?: string
  /** Where the sheet is open: the tasks that it starts with, or `*` for none. */
  replay?: string[]
  level?: string
  text?: string
  attempt?: string
  /** Of the log: whether lines that do not have the text are shown too. */
  around?: string
  /** Of the outputs: which are shown. */
  filter?: string
}

/** Which runs are compared, the task that is looked at closely, and which tasks are shown. */
interface CompareSearch {
  before?: string
  after?: string
  task?: string
  show?: 'different' | 'same' | 'one' | 'all'
}

function compareSearch(search: Record<string, unknown>): CompareSearch {
  const found: CompareSearch = {}
  for (const name of ['before', 'after', 'task'] as const) if (search[name] !== undefined) found[name] = String(search[name])
  if (search.show === 'different' || search.show === 'same' || search.show === 'one') found.show = search.show
  return found
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
    ...(search.level !== undefined && { level: String(search.level) }),
    ...(search.text !== undefined && { text: String(search.text) }),
    ...(search.attempt !== undefined && { attempt: String(search.attempt) }),
    ...(search.around !== undefined && { around: String(search.around) }),
    ...(search.filter !== undefined && { filter: String(search.filter) }),
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

export const outputsRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/outputs',
  component: lazyRouteComponent(() => import('./results/OutputsTab'), 'OutputsTab'),
})

export const lineageRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/lineage',
  component: lazyRouteComponent(() => import('./lineage/LineageTab'), 'LineageTab'),
})

export const artifactRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/artifact',
  validateSearch: (search: Record<string, unknown>): { name: string; view?: string } => ({
    name: String(search.name ?? ''),
    ...(search.view !== undefined && { view: String(search.view) }),
  }),
  component: lazyRouteComponent(() => import('./results/ArtifactPage'), 'ArtifactPage'),
})

export const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/compare',
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('./compare/ComparePage'), 'ComparePage'),
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

const tree = rootRoute.addChildren([homeRoute, runsRoute, flowsRoute, flowRoute, fixRoute, artifactRoute, compareRoute, runRoute.addChildren([ganttRoute, overviewRoute, logsRoute, outputsRoute, lineageRoute])])

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
