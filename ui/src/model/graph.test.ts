import { describe, expect, it } from 'vitest'
import { arrange } from '../graph/arrange'
import { foldedAtFirst, followersOf, lineOf, linksOf, placesOf, seenAs, withDropped, type FlowGraph, type FlowNode } from './graph'
import { taskOf } from './address'
import { addressOf, planMarks, runMarks, sharesOf } from './graphmarks'
import type { Decision } from './plan'
import { nextTo, NODE, sceneOf } from './scene'
import type { Bar } from './tree'

const node = (id: string, position: number, more: Partial<FlowNode> = {}): FlowNode => ({
  id, type: 'core.debug.Return', kind: 'work', group: null, branch: null, handles: null, position, ...more,
})
const edge = (from: string, to: string, kind = 'order') => ({ from, to, kind })

const FLOW: FlowGraph = {
  nodes: [
    node('load', 0),
    node('each', 1, { kind: 'loop' }),
    node('fit', 2, { group: 'each' }),
    node('score', 3, { group: 'each' }),
    node('report', 4),
    node('notify', 5, { handles: 'errors' }),
  ],
  edges: [edge('load', 'each'), edge('each', 'report'), edge('fit', 'score'), edge('load', 'fit', 'data'), edge('load', 'report', 'data'), edge('fit', 'score', 'data')],
}

describe('the places of a graph', () => {
  it('puts tasks into their groups, and handlers into a place of their own', () => {
    const places = placesOf(FLOW)
    expect(places.get('')?.children.map((each) => each.id)).toEqual(['load', 'each', 'report', '/errors'])
    expect(places.get('each')?.children.map((each) => each.id)).toEqual(['fit', 'score'])
    expect(lineOf(places, 'fit')).toEqual(['fit', 'each', ''])
  })

  it('shows a task in what is folded as the outermost of it', () => {
    const places = placesOf(FLOW)
    expect(seenAs(places, new Set(['each']), 'fit')).toBe('each')
    expect(seenAs(places, new Set(['each']), 'each')).toBe('each')
    expect(seenAs(places, new Set(), 'fit')).toBe('fit')
  })

  it('lifts edges to where both ends stand beside each other, and leaves out what a longer way says', () => {
    const links = linksOf(FLOW, placesOf(FLOW)).map(({ from, to, within }) => `${within}:${from}>${to}`)
    expect(links.sort()).toEqual([':each>report', ':load>each', 'each:fit>score'])
  })

  it('keeps lines that go round in a circle', () => {
    const graph = { nodes: [node('a', 0), node('b', 1)], edges: [edge('a', 'b'), edge('b', 'a')] }
    expect(linksOf(graph, placesOf(graph))).toHaveLength(2)
  })

  it('adds what was dropped, with the lines that led to it', () => {
    const now = { nodes: [node('load', 0)], edges: [] }
    const both = withDropped(now, { nodes: [node('load', 0), node('count', 1, { group: 'gone' })], edges: [edge('load', 'count')] }, ['count'])
    expect(both.nodes.map((each) => [each.id, each.group])).toEqual([['load', null], ['count', null]])
    expect(both.edges).toEqual([edge('load', 'count')])
  })

  it('tells what begins right after a task', () => {
    const graph = {
      nodes: [node('a', 0), node('both', 1, { kind: 'parallel' }), node('b', 2, { group: 'both' }), node('c', 3, { group: 'both' }), node('d', 4)],
      edges: [edge('a', 'both'), edge('both', 'd')],
    }
    expect([...followersOf(graph)]).toEqual([['a', ['both']], ['both', ['d']], ['b', ['d']], ['c', ['d']], ['d', []]])
    expect(['fit', 'score'].map((each) => followersOf(FLOW).get(each))).toEqual([['score'], []])
  })

  it('folds the groups of a large flow alone', () => {
    expect(foldedAtFirst(FLOW).size).toBe(0)
    const large = { nodes: [...FLOW.nodes, ...Array.from({ length: 80 }, (_, index) => node(`t${index}`, 10 + index))], edges: [] }
    expect([...foldedAtFirst(large)]).toEqual(['each'])
  })
})

describe('the scene', () => {
  it('stands in one row where there is room, groups around what is in them', () => {
    const { boxes, width } = sceneOf(FLOW, new Set(), 2000, arrange)
    const at = new Map(boxes.map((box) => [box.id, box]))
    const [each, fit, score] = [at.get('each'), at.get('fit'), at.get('score')]
    if (!each || !fit || !score) throw new Error('a box is missing')
    expect(fit.x).toBeGreaterThan(each.x)
    expect(score.x + score.width).toBeLessThan(each.x + each.width)
    expect(score.y + score.height).toBeLessThan(each.y + each.height)
    expect(width).toBeGreaterThan((at.get('report')?.x ?? 0) + NODE.width - 1)
    expect(at.get('/errors')?.y).toBeGreaterThan(each.y + each.height)
  })

  it('goes on in a new row where there is not, and lines go round there', () => {
    const chain: FlowGraph = {
      nodes: Array.from({ length: 7 }, (_, index) => node(`t${index}`, index)),
      edges: Array.from({ length: 6 }, (_, index) => edge(`t${index}`, `t${index + 1}`)),
    }
    const { boxes, strokes, width } = sceneOf(chain, new Set(), 640, arrange)
    expect(width).toBeLessThanOrEqual(640)
    expect(new Set(boxes.map((box) => box.y)).size).toBe(3)
    expect(strokes.filter((stroke) => stroke.via !== null).map((stroke) => stroke.id)).toEqual(['t2>t3', 't5>t6'])
  })

  it('stays in one row where too many lines would go round', () => {
    const rows = Array.from({ length: 4 }, (_, layer) => Array.from({ length: 4 }, (__, index) => `t${layer}${index}`))
    const graph: FlowGraph = {
      nodes: rows.flat().map((id, index) => node(id, index)),
      edges: rows.slice(1).flatMap((row, layer) => row.flatMap((to) => (rows[layer] ?? []).map((from) => edge(from, to)))),
    }
    const { strokes, width } = sceneOf(graph, new Set(), 400, arrange)
    expect(width).toBeGreaterThan(800)
    expect(strokes.every((stroke) => stroke.via === null)).toBe(true)
  })

  it('draws of what is folded one box, and reads lead to it', () => {
    const { boxes, strokes } = sceneOf(FLOW, new Set(['each']), 2000, arrange)
    expect(boxes.some((box) => box.id === 'fit')).toBe(false)
    expect(boxes.find((box) => box.id === 'each')).toMatchObject({ ...NODE, open: false, count: 2 })
    expect(strokes.filter((stroke) => stroke.reads).map((stroke) => stroke.id)).toEqual(['load>>each', 'load>>report'])
  })

  it('goes by arrows to the nearest', () => {
    const { boxes } = sceneOf(FLOW, new Set(), 2000, arrange)
    expect(nextTo(boxes, 'load', 'ArrowRight')).toBe('fit')
    expect(nextTo(boxes, 'fit', 'ArrowUp')).toBe('each')
    expect(nextTo(boxes, 'load', 'ArrowDown')).toBe('/errors')
    expect(nextTo(boxes, 'load', 'ArrowLeft')).toBe(null)
  })
})

const decision = (address: string, action: string, more: Partial<Decision> = {}): Decision => ({
  address, task: taskOf(address), type: '', action, reason: '', warnings: [], origin_task_run: null, estimate_s: null, keys: null, waits_for: null,
  breakpoint: false, subflow: null, ...more,
})

describe('marks of a plan', () => {
  const plan = {
    revision: 2,
    dropped: [],
    decisions: [
      decision('load', 'REUSE', { estimate_s: 2 }),
      decision('each', 'ENTER'),
      decision('each[a].fit', 'REUSE'),
      decision('each[b].fit', 'RUN'),
      decision('each[a].score', 'LEAVE'),
      decision('each[b].score', 'RUN', { breakpoint: true }),
      decision('report', 'RUN', { estimate_s: 1.2 }),
    ],
  }

  it('tells of what is entered how much of it runs', () => {
    const marks = planMarks(plan, FLOW, ['each[b].fit'])
    expect(marks.get('each')).toMatchObject({ look: 'run', line: 'enter · 2 of 4 run' })
    expect(marks.get('fit')).toMatchObject({ line: '1 of 2 run', start: true })
    expect(marks.get('score')).toMatchObject({ stop: true })
    expect(marks.get('load')).toMatchObject({ look: 'reused', line: 'reuse · 2.0 s' })
    expect(marks.get('report')).toMatchObject({ look: 'run', line: 'run · about 1.2 s' })
    expect(marks.get('notify')).toMatchObject({ line: 'if something fails' })
  })

  it('counts what runs in what is entered, by address', () => {
    expect([...sharesOf(plan, FLOW)]).toEqual([['each', { runs: 2, all: 4 }]])
    const nested: FlowGraph = {
      nodes: [node('outer', 0, { kind: 'loop' }), node('pair', 1, { kind: 'parallel', group: 'outer' }), node('load', 2, { group: 'pair' })],
      edges: [],
    }
    const decisions = [decision('outer', 'ENTER'), decision('outer[a].pair', 'ENTER'), decision('outer[a].load', 'RUN'), decision('outer[b].load', 'REUSE')]
    expect([...sharesOf({ decisions }, nested)]).toEqual([['outer', { runs: 1, all: 2 }], ['outer[a].pair', { runs: 1, all: 1 }]])
  })

  it('says when what is not known yet is decided, and what was dropped', () => {
    const marks = planMarks({ ...plan, dropped: ['report'], decisions: [decision('each', 'RUN', { waits_for: 'load' })] }, FLOW)
    expect(marks.get('fit')).toMatchObject({ line: 'decided when load has run' })
    const checked = planMarks({ ...plan, decisions: [decision('each', 'ENTER'), decision('each[a].fit', 'CHECK'), decision('report', 'CHECK', { reason: 'is decided at its turn: it reads `load`' })] }, FLOW)
    expect(checked.get('each')).toMatchObject({ line: 'enter · 1 of 1 checked' })
    expect(checked.get('report')).toMatchObject({ line: 'decided when load has run' })
    expect(marks.get('report')).toMatchObject({ look: 'drop', line: 'not in revision 2' })
  })
})

const bar = (address: string, state: string, more: Partial<Bar> = {}): Bar => ({
  id: address, address, task: taskOf(address), type: '', parent: null, state, action: 'RUN', attempts: 1, started: 10, ended: 12, reusedFrom: null, ...more,
})

describe('marks of a run', () => {
  it('count items, and show the worst of them', () => {
    const bars = [bar('each', 'RUNNING', { ended: null }), bar('each[a].fit', 'SUCCESS'), bar('each[b].fit', 'FAILED'), bar('each[c].fit', 'RUNNING', { ended: null })]
    const marks = runMarks(bars, [], FLOW, false)
    expect(marks.get('fit')).toMatchObject({ look: 'failed', line: '2 of 3 done, 1 failed' })
    expect(marks.get('each')).toMatchObject({ look: 'running', line: '2 of 3 done, 1 failed' })
    expect(marks.get('report')).toMatchObject({ look: 'queued', line: 'waits for its turn' })
    expect(addressOf('fit', bars)).toBe('each[b].fit')
    expect(addressOf('report', bars)).toBe(null)
  })

  it('tell where it waits, where it will stop, and what was left out', () => {
    const planned = [{ address: 'report', task: 'report', type: '', action: 'RUN', breakpoint: true }, { address: 'load', task: 'load', type: '', action: 'LEAVE' }]
    const marks = runMarks([bar('fit', 'PAUSED', { ended: null })], planned, FLOW, false)
    expect(marks.get('fit')).toMatchObject({ look: 'paused', line: 'waits for you' })
    expect(marks.get('report')).toMatchObject({ stop: true })
    expect(marks.get('load')).toMatchObject({ line: 'left out' })
    expect(runMarks([], [], FLOW, true).get('report')).toMatchObject({ line: 'not reached' })
  })
})
