import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { AppFrame } from './frame/AppFrame'
import { NotFound } from './frame/NotFound'
import { filtersOf, runsSearchOf, type Filters } from './model/filters'

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

/** Takes some texts of an address, and leaves out what is not there. */
const some = <Name extends string>(search: Record<string, unknown>, ...names: Name[]): { [Key in Name]?: string } =>
  Object.fromEntries(names.flatMap((name) => (search[name] === undefined ? [] : [[name, String(search[name])]]))) as { [Key in Name]?: string }

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
    ...(search.ask !== undefined && { ask: String(search.ask) }),
    ...(search.fold !== undefined && { fold: listOf(search.fold) }),
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

export const flowsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows',
  validateSearch: (search: Record<string, unknown>): { text?: string; sources?: string } => some(search, 'text', 'sources'),
  component: lazyRouteComponent(() => import('./flows/FlowsPage'), 'FlowsPage'),
})

export const newFlowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/new',
  validateSearch: (search: Record<string, unknown>): { save?: string } => some(search, 'save'),
  component: lazyRouteComponent(() => import('./flows/NewFlow'), 'NewFlow'),
})

/** What the address of a flow's page says beside the flow: a dialog that is open, the task that is looked at, and what each tab shows. */
export interface FlowSearch {
  /** Where the form of a new run is open. */
  run?: string
  /** Where the difference that is to be saved is open. */
  save?: string
  task?: string
  /** The revisions that are compared, or the one whose text or code is shown. */
  a?: string
  b?: string
  view?: string
}

export const flowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/flows/$flow',
  validateSearch: (search: Record<string, unknown>): FlowSearch => some(search, 'run', 'save', 'task', 'a', 'b', 'view'),
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

const flowTabs = [
  createRoute({ getParentRoute: () => flowRoute, path: '/', component: lazyRouteComponent(() => import('./flows/OverviewTab'), 'OverviewTab') }),
  createRoute({ getParentRoute: () => flowRoute, path: '/editor', component: lazyRouteComponent(() => import('./flows/EditorTab'), 'EditorTab') }),
  createRoute({ getParentRoute: () => flowRoute, path: '/code', component: lazyRouteComponent(() => import('./flows/CodeTab'), 'CodeTab') }),
  createRoute({ getParentRoute: () => flowRoute, path: '/revisions', component: lazyRouteComponent(() => import('./flows/RevisionsTab'), 'RevisionsTab') }),
  createRoute({ getParentRoute: () => flowRoute, path: '/runs', component: lazyRouteComponent(() => import('./flows/RunsTab'), 'RunsTab') }),
] as const

const tree = rootRoute.addChildren([
  homeRoute,
  runsRoute,
  flowsRoute,
  newFlowRoute,
  flowRoute.addChildren(flowTabs),
  fixRoute,
  jobsRoute,
  newJobRoute,
  jobRoute,
  artifactRoute,
  compareRoute,
  settingsRoute.addChildren([youRoute, tokensRoute, usersRoute, auditRoute]),
  runRoute.addChildren([ganttRoute, overviewRoute, logsRoute, topologyRoute, outputsRoute, lineageRoute]),
])

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
