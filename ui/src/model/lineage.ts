/** What a list of runs has to know of a run to fold it under its root. */
export interface Member {
  id: string
  root: string
  origin: string | null
}

/** A lineage with replays, as a list tells it. */
export interface Lineage<Run> {
  root: Run
  replays: number
}

/** A row of the list of runs. */
export interface RunRow<Run> {
  run: Run
  /** How many replays lie between it and the run that it hangs under. */
  depth: number
  /** Whether it is one of those that were asked for; a root may stand there for its replays alone. */
  matches: boolean
  /** Of a root: how many replays its lineage has, and whether they are shown. */
  replays: number
  open: boolean
}

/** What decides which rows there are. */
export interface Folding<Run> {
  lineages: Readonly<Record<string, Lineage<Run>>>
  /** Roots that a person has opened or closed. */
  turned: ReadonlyMap<string, boolean>
  /** All runs of the lineages that are open, as far as they have come. */
  members: ReadonlyMap<string, readonly Run[]>
}

/** Gives the rows of a list in which each lineage is one row, at the place of its newest run, that opens. */
export function foldedRows<Run extends Member>(runs: readonly Run[], { lineages, turned, members }: Folding<Run>): RunRow<Run>[] {
  const shown = new Map(runs.map((run) => [run.id, run]))
  const seen = new Set<string>()
  const rows: RunRow<Run>[] = []
  for (const run of runs) {
    const lineage = lineages[run.root]
    if (lineage === undefined) {
      rows.push({ run, depth: 0, matches: true, replays: 0, open: false })
      continue
    }
    if (seen.has(run.root)) continue
    seen.add(run.root)
    const root = shown.get(run.root)
    const open = turned.get(run.root) ?? root === undefined
    rows.push({ run: root ?? lineage.root, depth: 0, matches: root !== undefined, replays: lineage.replays, open })
    if (!open) continue
    const inside = members.get(run.root) ?? runs.filter((each) => each.root === run.root)
    rows.push(...below(run.root, inside, shown))
  }
  return rows
}

/** The lineages whose replays are shown, and so are asked for. */
export const openRoots = <Run extends Member>(rows: readonly RunRow<Run>[]): string[] => rows.filter((row) => row.replays > 0 && row.open).map((row) => row.run.id)

/** The replays under a root, each below what it replays; what has lost its origin stands at the top. */
function below<Run extends Member>(root: string, members: readonly Run[], shown: ReadonlyMap<string, Run>): RunRow<Run>[] {
  const known = new Set(members.map((each) => each.id))
  const under = new Map<string, Run[]>()
  for (const each of members) {
    if (each.id === root) continue
    const above = each.origin !== null && known.has(each.origin) ? each.origin : root
    under.set(above, [...(under.get(above) ?? []), each])
  }
  const rows: RunRow<Run>[] = []
  const stack = (under.get(root) ?? []).map((run) => ({ run, depth: 1 })).reverse()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { run, depth } = next
    // what is in the list is kept current there
    rows.push({ run: shown.get(run.id) ?? run, depth, matches: shown.has(run.id), replays: 0, open: false })
    stack.push(...(under.get(run.id) ?? []).map((each) => ({ run: each, depth: depth + 1 })).reverse())
  }
  return rows
}

/** Rows as they stand where nothing is folded. */
export const flatRows = <Run extends Member>(runs: readonly Run[]): RunRow<Run>[] => runs.map((run) => ({ run, depth: 0, matches: true, replays: 0, open: false }))

/** Gives what is selected after a row was: with `reach`, all from the last one that was selected up to it. */
export function selecting<Run extends Member>(
  before: ReadonlyMap<string, Run>,
  rows: readonly RunRow<Run>[],
  at: number,
  reach: { from: number } | null,
): Map<string, Run> {
  const after = new Map(before)
  const run = rows[at]?.run
  if (run === undefined) return after
  if (reach === null) {
    if (!after.delete(run.id)) after.set(run.id, run)
    return after
  }
  const [low, high] = [Math.min(reach.from, at), Math.max(reach.from, at)]
  for (const row of rows.slice(low, high + 1)) if (row.matches) after.set(row.run.id, row.run)
  return after
}
