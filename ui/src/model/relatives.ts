/** A run, as far as its place in a lineage needs it. */
export interface Relative {
  id: string
  origin: string | null
  created: string
}

/** A run in the tree of its lineage. */
export interface Branch<T extends Relative> {
  run: T
  depth: number
  /** Whether it is the last of its siblings, for itself and each run above it but the root. */
  last: boolean[]
  children: number
}

/** Puts the runs of a lineage below those that they replay, in the order they were made; what is folded is left out. */
export function branchesOf<T extends Relative>(runs: readonly T[], folded: ReadonlySet<string> = new Set()): Branch<T>[] {
  const known = new Set(runs.map((run) => run.id))
  const below = new Map<string | null, T[]>()
  for (const run of runs) {
    const origin = run.origin !== null && known.has(run.origin) ? run.origin : null
    below.set(origin, [...(below.get(origin) ?? []), run])
  }
  const branches: Branch<T>[] = []
  const visit = (siblings: readonly T[], depth: number, trunk: boolean[]) =>
    siblings.forEach((run, at) => {
      const last = depth === 0 ? [] : [...trunk, at === siblings.length - 1]
      const children = below.get(run.id) ?? []
      branches.push({ run, depth, last, children: children.length })
      if (!folded.has(run.id)) visit(children, depth + 1, last)
    })
  visit(below.get(null) ?? [], 0, [])
  return branches
}

/** The parts of a replay's request that are worth a few words. */
export interface Asked {
  start?: readonly string[]
  only?: readonly string[]
  until?: readonly string[]
  skip?: readonly string[]
  skip_successful?: boolean
  changed?: boolean
  inputs?: Record<string, unknown>
  task_inputs?: Record<string, unknown>
  outputs?: Record<string, unknown>
}

/** Says what a replay was asked to do, as a phrase. */
export function askedOf(request: Asked | null | undefined): string {
  if (!request) return ''
  const list = (names: readonly string[]): string => (names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`)
  const parts: string[] = []
  if (request.start?.length) parts.push(`from ${list(request.start)}`)
  if (request.only?.length) parts.push(`only ${list(request.only)}`)
  if (request.until?.length) parts.push(`until ${list(request.until)}`)
  if (request.changed) parts.push('what changed')
  if (request.skip_successful) parts.push('what failed')
  if (request.skip?.length) parts.push(`skipping ${list(request.skip)}`)
  const given = [
    ...Object.keys(request.inputs ?? {}).map((name) => `input ${name}`),
    ...Object.keys(request.task_inputs ?? {}).map((name) => `inputs of ${name}`),
    ...Object.keys(request.outputs ?? {}).map((name) => `${name} pinned`),
  ]
  return [parts.join(', ') || 'everything', ...(given.length > 0 ? [`with ${list(given)}`] : [])].join(', ')
}
