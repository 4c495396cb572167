import '@xyflow/react/dist/base.css'
import { ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Edge, type Node } from '@xyflow/react'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties } from 'react'
import { foldedAtFirst, type FlowGraph } from '../model/graph'
import type { GraphMark } from '../model/graphmarks'
import { NODE, nextTo, sceneOf, type Box, type Scene } from '../model/scene'
import { IconButton } from '../parts/button'
import { arrange } from './arrange'
import { BoxNode, type BoxData } from './BoxNode'
import type { GraphProps } from './Graph'
import { StrokeEdge } from './StrokeEdge'

const NODES = { box: BoxNode }
const EDGES = { stroke: StrokeEdge }
/** Around the picture, in pixels. */
const EDGE = 18
/** How small a picture is drawn at most without being asked to, so that it can still be read. */
const SMALLEST = { wide: 0.72, high: 0.9 }
/** How small it is drawn to be seen as a whole. */
const WHOLE = 0.3
/** Lines go over what is open, and tasks over lines. */
const OVER = { line: 900, task: 1000 }
/** How high a strip is at most. */
const HIGHEST = 340

/** The picture itself, apart so that it is loaded only where it is shown. */
export function Drawn(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Picture {...props} />
    </ReactFlowProvider>
  )
}

function Picture({ graph, marks, selected = null, onSelect, folded, onFold, label = 'Graph of the flow', strip = false, does }: GraphProps) {
  const box = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState<number | null>(null)
  useLayoutEffect(() => setRoom((box.current?.clientWidth ?? 0) - 2 * EDGE), [])
  const [kept, keep] = useFolds(graph, folded, onFold)
  const scene = useScene(graph, kept, room)
  const [cursor, setCursor] = useState<string | null>(null)
  const at = scene?.boxes.some((each) => each.id === (cursor ?? selected)) ? (cursor ?? selected) : (scene?.boxes[0]?.id ?? null)
  const fold = useCallback((id: string) => keep(kept.has(id) ? without(kept, id) : new Set(kept).add(id)), [kept, keep])
  const { nodes, edges } = useElements(scene, { marks, selected, onSelect, fold, at, does })
  const shown = useView(box, scene, selected)
  const refit = () => {
    setRoom((box.current?.clientWidth ?? 0) - 2 * EDGE)
    shown.fit(true)
  }
  const go = (event: React.KeyboardEvent) => {
    if (!scene || at === null || event.ctrlKey || event.metaKey || event.altKey) return
    const next = /^Arrow/.test(event.key) ? nextTo(scene.boxes, at, event.key as 'ArrowUp') : event.key === 'Home' ? scene.boxes[0]?.id : event.key === 'End' ? scene.boxes.at(-1)?.id : undefined
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (next === null) return
    setCursor(next)
    shown.focus(next)
  }
  const height = strip && scene ? Math.min(HIGHEST, Math.max(96, scene.height * shown.scaleOf(scene) + 2 * EDGE)) : undefined
  return (
    <div ref={box} className={strip ? 'dag low' : 'dag'} role="group" aria-label={label} style={height === undefined ? undefined : ({ height } as CSSProperties)} onKeyDown={go}>
      {scene && (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODES}
          edgeTypes={EDGES}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          zoomOnScroll={false}
          panOnScroll={!strip}
          preventScrolling={!strip}
          minZoom={0.2}
          maxZoom={1.6}
          disableKeyboardA11y
          onlyRenderVisibleElements={scene.boxes.length > 300}
          proOptions={{ hideAttribution: true }}
        />
      )}
      <div className="dag-tools">
        <IconButton icon="plus" label="Zoom in" small onClick={() => shown.scale(1.25)} />
        <IconButton icon="minus" label="Zoom out" small onClick={() => shown.scale(0.8)} />
        <IconButton icon="maximize" label="Fit the graph" small onClick={refit} />
      </div>
    </div>
  )
}

const without = (set: ReadonlySet<string>, id: string): ReadonlySet<string> => new Set([...set].filter((each) => each !== id))

/** Which groups are folded, kept here where nobody else does. */
function useFolds(graph: FlowGraph, folded: GraphProps['folded'], onFold: GraphProps['onFold']) {
  const [own, setOwn] = useState<ReadonlySet<string> | null>(null)
  const first = useMemo(() => foldedAtFirst(graph), [graph])
  return [folded ?? own ?? first, onFold ?? setOwn] as const
}

function useScene(graph: FlowGraph, folded: ReadonlySet<string>, room: number | null): Scene | null {
  return useMemo(() => (room === null ? null : sceneOf(graph, folded, room, arrange)), [graph, folded, room])
}

interface Given {
  marks: ReadonlyMap<string, GraphMark> | undefined
  selected: string | null
  onSelect: GraphProps['onSelect']
  fold: (id: string) => void
  at: string | null
  does: string | undefined
}

function useElements(scene: Scene | null, { marks, selected, onSelect, fold, at, does }: Given): { nodes: Node<BoxData>[]; edges: Edge[] } {
  const nodes = useMemo(
    () =>
      (scene?.boxes ?? []).map((box): Node<BoxData> => ({
        id: box.id,
        type: 'box',
        position: { x: box.x, y: box.y },
        width: box.width,
        height: box.height,
        zIndex: box.open ? depthOf(scene as Scene, box) : OVER.task,
        data: { box, mark: marks?.get(box.id), selected: box.id === selected, reached: box.id === at, onSelect, onFold: fold, does },
      })),
    [scene, marks, selected, onSelect, fold, at, does],
  )
  const edges = useMemo(
    () =>
      (scene?.strokes ?? [])
        .filter((stroke) => !stroke.reads || stroke.from === selected || stroke.to === selected)
        .map((stroke): Edge => ({
          id: stroke.id,
          type: 'stroke',
          source: stroke.from,
          target: stroke.to,
          focusable: false,
          // what stands after what is told by the plan and the order of the tasks
          ariaLabel: null as unknown as string,
          domAttributes: { 'aria-hidden': true },
          zIndex: OVER.line,
          data: { via: stroke.via, kind: stroke.reads ? 'reads' : kindOf(marks?.get(stroke.to)) },
        })),
    [scene, marks, selected],
  )
  return { nodes, edges }
}

const depthOf = (scene: Scene, box: Box): number => {
  let depth = 0
  for (let at = box.place.parent; at !== ''; depth += 1) at = scene.boxes.find((each) => each.id === at)?.place.parent ?? ''
  return depth
}

const kindOf = (mark: GraphMark | undefined): string => (mark?.look === 'run' ? 'on' : mark?.look === 'drop' || mark?.look === 'skipped' ? 'off' : 'plain')

/** What of the picture is seen, and how large. It moves only when a person wants it to, or goes to where it is not seen. */
function useView(element: React.RefObject<HTMLDivElement | null>, scene: Scene | null, selected: string | null) {
  const flow = useReactFlow()
  const ready = useStore((state) => state.panZoom !== null)
  const scaleOf = useCallback(
    (of: Scene, whole = false) => {
      const [width, height] = [element.current?.clientWidth ?? 0, element.current?.clientHeight ?? 0]
      const across = Math.max(whole ? WHOLE : SMALLEST.wide, (width - 2 * EDGE) / of.width)
      if (!whole && element.current?.classList.contains('low')) return Math.min(1, across)
      return Math.min(1, across, Math.max(whole ? WHOLE : SMALLEST.high, (height - 2 * EDGE) / of.height))
    },
    [element],
  )
  const fit = useCallback(
    (whole: boolean) => {
      if (scene) void flow.setViewport({ x: EDGE, y: EDGE, zoom: scaleOf(scene, whole) })
    },
    [flow, scene, scaleOf],
  )
  const reveal = useCallback(
    (id: string) => {
      const [found, frame] = [scene?.boxes.find((each) => each.id === id), element.current]
      if (!found || !frame) return
      const { x, y, zoom } = flow.getViewport()
      const room = uncovered(frame)
      const moved = { x: within(x, found.x * zoom, NODE.width * zoom, room.width), y: within(y, found.y * zoom, NODE.height * zoom, room.height) }
      if (moved.x !== x || moved.y !== y) void flow.setViewport({ ...moved, zoom })
    },
    [flow, scene, element],
  )
  const first = useRef(true)
  useLayoutEffect(() => {
    if (!ready || !scene || !first.current) return
    first.current = false
    fit(false)
    const begins = scene.boxes.find((box) => !box.open)
    if (begins) reveal(begins.id)
  }, [ready, scene, fit, reveal])
  // the panel of what is chosen takes room beside the picture
  const width = useStore((state) => state.width)
  useEffect(() => {
    if (ready && selected !== null) reveal(selected)
  }, [ready, selected, width, reveal])
  return {
    scaleOf,
    fit,
    scale: (by: number) => {
      const { x, y, zoom } = flow.getViewport()
      const next = Math.min(1.6, Math.max(0.2, zoom * by))
      const [middle, half] = [(element.current?.clientWidth ?? 0) / 2, (element.current?.clientHeight ?? 0) / 2]
      void flow.setViewport({ x: middle - ((middle - x) * next) / zoom, y: half - ((half - y) * next) / zoom, zoom: next })
    },
    focus: (id: string) => {
      reveal(id)
      requestAnimationFrame(() => element.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }))
    },
  }
}

/** Gives how much of the picture is seen: on small screens a panel lies over it, at the right or below. */
function uncovered(frame: HTMLElement): { width: number; height: number } {
  const [here, panel] = [frame.getBoundingClientRect(), frame.closest('.body')?.querySelector(':scope > .panel')?.getBoundingClientRect()]
  if (panel === undefined) return { width: here.width, height: here.height }
  if (panel.left > here.left + NODE.width) return { width: Math.min(here.right, panel.left) - here.left, height: here.height }
  return { width: here.width, height: Math.min(here.bottom, panel.top) - here.top }
}

/** Gives where the picture begins, so that a part of it is seen. */
function within(start: number, from: number, long: number, room: number): number {
  if (start + from < EDGE) return EDGE - from
  if (start + from + long > room - EDGE) return Math.min(start, room - EDGE - from - long)
  return start
}
