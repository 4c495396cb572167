import { BaseEdge, getBezierPath, getSmoothStepPath, Position, type EdgeProps } from '@xyflow/react'

/** A line from one box to another; to a later row it goes round, between the rows. */
export function StrokeEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps) {
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition: Position.Right, targetPosition: Position.Left }
  const via = data?.via as number | null | undefined
  const [path] =
    via === null || via === undefined ? getBezierPath({ ...ends, curvature: 0.35 }) : getSmoothStepPath({ ...ends, centerY: via, borderRadius: 9, offset: 9 })
  return <BaseEdge path={path} className={`stroke ${String(data?.kind ?? 'plain')}`} interactionWidth={0} />
}
