import { segments, taskOf } from './address'
import { duration, many } from './format'
import { groupsOf, lineOf, placesOf, type FlowGraph, type FlowNode, type Place } from './graph'
import { lookOf, lookOfAction, wordOf, wordOfAction, type Look } from './looks'
import type { Decision, Plan } from './plan'
import type { Bar, Planned } from './tree'

/** What is said of a task in a picture of its flow. */
export interface GraphMark {
  look: Look
  /** The state or the decision, as a word. */
  word: string
  /** What stands below the name, where that says more than the word. */
  line?: string
  /** Of what holds many, or is many, how many look how. */
  share?: ReadonlyMap<Look, number>
  /** Whether a replay starts there. */
  start?: boolean
  /** Whether the run stops before it. */
  stop?: boolean
}

const NEVER = new Set(['errors'])

/** Says of each task of a flow what a plan decides for it; of many items, for how many. */
export function planMarks(plan: Pick<Plan, 'decisions' | 'dropped' | 'revision'>, graph: FlowGraph, starts: readonly string[] = []): Map<string, GraphMark> {
  const [places, groups] = [placesOf(graph), groupsOf(graph.nodes)]
  const own = by(plan.decisions, (each) => each.task)
  const inside = insideOf(plan.decisions, (each) => each.task, places, groups)
  const begins = new Set(starts.map(taskOf))
  const dropped = new Set(plan.dropped)
  const marks = new Map<string, GraphMark>()
  for (const node of graph.nodes) {
    const mark = dropped.has(node.id)
      ? { look: 'drop' as const, word: 'Drop', line: `not in revision ${plan.revision}` }
      : groups.has(node.id)
        ? groupPlan(own.get(node.id) ?? [], inside.get(node.id) ?? [])
        : taskPlan(own.get(node.id) ?? [], undecided(node, places, own))
    const stops = (own.get(node.id) ?? []).some((each) => each.breakpoint)
    marks.set(node.id, { ...mark, ...(begins.has(node.id) && { start: true }), ...(stops && { stop: true }) })
  }
  return marks
}

/** Says of a task that a plan does not know yet when it is decided. */
function undecided(node: FlowNode, places: ReadonlyMap<string, Place>, own: ReadonlyMap<string, readonly Decision[]>): string {
  const line = lineOf(places, node.id)
  if (line.some((id) => NEVER.has(places.get(id)?.handles ?? ''))) return 'if something fails'
  const waits = line.flatMap((id) => own.get(id) ?? []).find((each) => each.waits_for)
  return waits?.waits_for ? `decided when ${waits.waits_for} has run` : 'not in this plan'
}

function taskPlan(decisions: readonly Decision[], otherwise: string): GraphMark {
  const only = decisions[0]
  if (only === undefined) return { look: 'queued', word: 'Not decided', line: otherwise }
  if (decisions.length > 1) return shared(decisions)
  return { look: lookOfAction(only.action), word: wordOfAction(only.action), line: planLine(only) }
}

const SAID: Record<string, string> = { RUN: 'run', REUSE: 'reuse', PIN: 'pin', CHECK: 'check', LEAVE: 'left out', ENTER: 'enter' }

function planLine(decision: Decision): string {
  const said = SAID[decision.action] ?? decision.action.toLowerCase()
  const cause = decision.waits_for ?? (decision.action === 'CHECK' ? causeOf(decision.reason) : null)
  if (cause) return `decided when ${cause} has run`
  if (decision.estimate_s === null || decision.action === 'PIN' || decision.action === 'LEAVE') return said
  return `${said} · ${decision.action === 'RUN' || decision.action === 'CHECK' ? 'about ' : ''}${duration(decision.estimate_s)}`
}

/** The task that a reason names first. */
const causeOf = (reason: string): string | null => reason.split('`')[1] ?? null

function groupPlan(own: readonly Decision[], inside: readonly Decision[]): GraphMark {
  const only = own[0]
  if (only === undefined) return inside.length === 0 ? { look: 'queued', word: 'Not decided', line: 'not in this plan' } : shared(inside)
  const word = wordOfAction(only.action)
  const look = only.action === 'ENTER' && inside.some((each) => each.action === 'RUN') ? 'run' : lookOfAction(only.action)
  if (inside.length === 0) return { look, word, line: planLine(only) }
  const [runs, checks] = ['RUN', 'CHECK'].map((action) => inside.filter((each) => each.action === action).length) as [number, number]
  const parts = [runs > 0 || checks === 0 ? `${runs} of ${inside.length} run` : '', checks > 0 ? `${checks} of ${inside.length} checked` : '']
  const share = shareOf(inside.map((each) => lookOfAction(each.action)))
  const waits = only.waits_for ? `, the rest when ${only.waits_for} has run` : ''
  const line = only.action === 'ENTER' ? `enter · ${parts.filter(Boolean).join(', ')}${waits}` : `${SAID[only.action] ?? word} · ${many(inside.length, 'task')}${waits}`
  return { look, word, line, share }
}

/** Counts by the address of what is entered how many of the tasks in it run, of how many. */
export function sharesOf(plan: Pick<Plan, 'decisions'>, graph: FlowGraph): Map<string, { runs: number; all: number }> {
  const [places, groups] = [placesOf(graph), groupsOf(graph.nodes)]
  const shares = new Map(plan.decisions.filter((each) => each.action === 'ENTER').map((each) => [each.address, { runs: 0, all: 0 }]))
  for (const each of plan.decisions) {
    if (groups.has(each.task)) continue
    for (const id of lineOf(places, each.task).slice(1)) {
      const share = shares.get(standsAs(id, each.address, places))
      if (share === undefined) continue
      share.all += 1
      if (each.action === 'RUN' || each.action === 'CHECK') share.runs += 1
    }
  }
  return shares
}

/** Gives the address of a group around a task run: of what is around it only loops show. */
function standsAs(group: string, address: string, places: ReadonlyMap<string, Place>): string {
  const loops = lineOf(places, group).slice(1).filter((id) => places.get(id)?.node?.kind === 'loop').length
  return [...segments(address).slice(0, loops), group].join('.')
}

function shared(decisions: readonly Decision[]): GraphMark {
  const looks = decisions.map((each) => lookOfAction(each.action))
  const runs = looks.filter((look) => look === 'run').length
  const most = decisions[0] as Decision
  const look = runs > 0 ? 'run' : lookOfAction(most.action)
  const line = runs > 0 ? `${runs} of ${looks.length} run` : `${SAID[most.action] ?? ''} · ${looks.length} items`
  return { look, word: runs > 0 ? 'Run' : wordOfAction(most.action), line, share: shareOf(looks) }
}

/** Says of each task of a flow what has become of it in a run so far. */
export function runMarks(bars: readonly Bar[], planned: readonly Planned[], graph: FlowGraph, ended: boolean): Map<string, GraphMark> {
  const [places, groups] = [placesOf(graph), groupsOf(graph.nodes)]
  const own = by(bars, (each) => each.task)
  const coming = by(planned, (each) => each.task)
  const begun = new Set(bars.map((bar) => bar.address))
  const told = [
    ...bars.map((bar) => ({ task: bar.task, look: lookOf(bar.state, bar.action) })),
    ...planned.filter((each) => !begun.has(each.address)).map((each) => ({ task: each.task, look: (each.action === 'LEAVE' ? 'skipped' : 'queued') as Look })),
  ]
  const inside = insideOf(told, (each) => each.task, places, groups)
  const marks = new Map<string, GraphMark>()
  for (const node of graph.nodes) {
    const looks = (inside.get(node.id) ?? []).map((each) => each.look)
    const mark = groups.has(node.id)
      ? groupRun(own.get(node.id) ?? [], looks, ended)
      : taskRun(own.get(node.id) ?? [], coming.get(node.id) ?? [], notBegun(node, places, ended))
    const stops = (coming.get(node.id) ?? []).some((each) => each.breakpoint && !begun.has(each.address))
    marks.set(node.id, stops && !ended ? { ...mark, stop: true } : mark)
  }
  return marks
}

function notBegun(node: FlowNode, places: ReadonlyMap<string, Place>, ended: boolean): string {
  if (ended) return 'not reached'
  return lineOf(places, node.id).some((id) => NEVER.has(places.get(id)?.handles ?? '')) ? 'if something fails' : 'waits for its turn'
}

function taskRun(bars: readonly Bar[], planned: readonly Planned[], otherwise: string): GraphMark {
  const only = bars[0]
  if (only === undefined) {
    if (planned.length > 0 && planned.every((each) => each.action === 'LEAVE')) return { look: 'skipped', word: 'Left out', line: 'left out' }
    return { look: 'queued', word: 'Queued', line: otherwise }
  }
  const looks = bars.map((bar) => lookOf(bar.state, bar.action))
  if (bars.length > 1) return together(looks)
  const look = looks[0] as Look
  const long = only.started !== null && only.ended !== null ? ` · ${duration(only.ended - only.started)}` : ''
  const tries = only.attempts > 1 && look !== 'reused' ? ` · ${only.attempts} attempts` : ''
  return { look, word: wordOf(look), line: look === 'paused' ? 'waits for you' : `${wordOf(look).toLowerCase()}${long}${tries}` }
}

const WORST: readonly Look[] = ['failed', 'killed', 'paused', 'running', 'warning', 'success', 'pinned', 'reused', 'queued', 'skipped']

function together(looks: readonly Look[]): GraphMark {
  const share = shareOf(looks)
  const look = WORST.find((each) => share.has(each)) ?? 'queued'
  const over = looks.filter((each) => each !== 'queued' && each !== 'running' && each !== 'paused').length
  const failed = share.get('failed') ?? 0
  const line = over < looks.length ? `${over} of ${looks.length} done${failed > 0 ? `, ${failed} failed` : ''}` : failed > 0 ? `${failed} of ${looks.length} failed` : `${looks.length} of ${looks.length} done`
  return { look, word: wordOf(look), line, share }
}

function groupRun(own: readonly Bar[], looks: readonly Look[], ended: boolean): GraphMark {
  const only = own.length === 1 ? own[0] : undefined
  if (looks.length === 0) {
    if (only === undefined) return own.length > 1 ? together(own.map((bar) => lookOf(bar.state, bar.action))) : { look: 'queued', word: 'Queued', line: ended ? 'not reached' : 'waits for its turn' }
    const look = lookOf(only.state, only.action)
    return { look, word: wordOf(look), line: wordOf(look).toLowerCase() }
  }
  const told = together(looks)
  const look = only ? lookOf(only.state, only.action) : told.look
  return { ...told, look, word: wordOf(look) }
}

function by<Thing>(things: readonly Thing[], key: (thing: Thing) => string): Map<string, Thing[]> {
  const found = new Map<string, Thing[]>()
  for (const each of things) {
    const beside = found.get(key(each))
    if (beside) beside.push(each)
    else found.set(key(each), [each])
  }
  return found
}

/** Gives for each group what is said of the tasks in it, however deep. */
function insideOf<Thing>(things: readonly Thing[], task: (thing: Thing) => string, places: ReadonlyMap<string, Place>, groups: ReadonlySet<string>): Map<string, Thing[]> {
  const found = new Map<string, Thing[]>()
  for (const each of things) {
    if (groups.has(task(each))) continue
    for (const id of lineOf(places, task(each)).slice(1)) {
      if (!groups.has(id)) continue
      const beside = found.get(id)
      if (beside) beside.push(each)
      else found.set(id, [each])
    }
  }
  return found
}

function shareOf(looks: readonly Look[]): Map<Look, number> {
  const share = new Map<Look, number>()
  for (const look of looks) share.set(look, (share.get(look) ?? 0) + 1)
  return share
}

/** Gives the address that is meant by a task: of many the one that matters most, and nothing where none has begun. */
export function addressOf(task: string, bars: readonly Bar[]): string | null {
  const mine = bars.filter((bar) => bar.task === task)
  const rank = (bar: Bar): number => WORST.indexOf(lookOf(bar.state, bar.action))
  return mine.reduce<Bar | null>((best, bar) => (best === null || rank(bar) < rank(best) ? bar : best), null)?.address ?? null
}
