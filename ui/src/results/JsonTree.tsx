import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { size as sizeOf } from '../model/format'
import { inShort, linesOfJson, PAGE, wholeOf, type JsonNode } from '../model/json'
import { copy } from '../parts/copy'
import { IconButton } from '../parts/button'
import { Icon } from '../parts/marks'

interface Props {
  value: unknown
  label: string
  /** Down to which depth it is open at first. */
  depth?: number
  /** What is shown in the place of a leaf, where it is more than its text. */
  leaf?: (node: JsonNode) => ReactNode
  /** What a name is, where it is more than its text. */
  name?: (node: JsonNode) => ReactNode
}

/** A value as a tree: it folds, its paths can be copied, and long lists come in parts. */
export function JsonTree({ value, label, depth = 1, leaf, name }: Props) {
  const [open, setOpen] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map())
  const [at, setAt] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const lines = useMemo(() => linesOfJson(value, { open, shown, depth }), [value, open, shown, depth])
  const fold = (node: JsonNode, to: boolean) => setOpen((before) => new Map(before).set(node.path, to))
  const more = (node: JsonNode) => {
    const path = node.path.slice(0, -'/more'.length)
    setShown((before) => new Map(before).set(path, (before.get(path) ?? PAGE) + 5 * PAGE))
  }
  const go = (next: number) => {
    const index = Math.min(lines.length - 1, Math.max(0, next))
    setAt(index)
    requestAnimationFrame(() => box.current?.querySelectorAll<HTMLElement>('[role=treeitem]')[index]?.focus())
  }
  const pressed = (event: KeyboardEvent) => {
    const node = lines[at]
    if (!node || event.ctrlKey || event.metaKey || (event.target as HTMLElement).closest('a, button')) return
    const does: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(lines.length - 1),
      ArrowRight: () => (folds(node) && !node.open ? fold(node, true) : go(at + 1)),
      ArrowLeft: () => (folds(node) && node.open ? fold(node, false) : go(above(lines, at))),
      c: () => void copy(node.path),
      Enter: () => (node.kind === 'more' ? more(node) : folds(node) && fold(node, !node.open)),
    }
    const found = does[event.key]
    if (!found) return
    event.preventDefault()
    event.stopPropagation()
    found()
  }
  return (
    <div className="json" role="tree" aria-label={label} ref={box} onKeyDown={pressed}>
      {lines.map((node, index) => (
        <div
          key={node.path}
          role="treeitem"
          aria-level={node.depth + 1}
          aria-labelledby={node.kind === 'more' ? undefined : `${id}k${index} ${id}v${index}`}
          aria-expanded={folds(node) ? node.open : undefined}
          tabIndex={index === Math.min(at, lines.length - 1) ? 0 : -1}
          style={{ paddingLeft: node.depth * 16 }}
          onFocus={() => setAt(index)}
          onClick={(event) => {
            if ((event.target as HTMLElement).closest('a, button')) return
            if (node.kind === 'more') more(node)
            else if (folds(node)) fold(node, !node.open)
          }}
          className={folds(node) || node.kind === 'more' ? 'folds' : undefined}
        >
          {folds(node) ? <Icon name={node.open ? 'chevron-down' : 'chevron-right'} size={12} /> : <span className="twist" />}
          {node.kind === 'more' ? (
            <span className="link">{node.count} more</span>
          ) : (
            <>
              {node.name !== '' && <span className="k" id={`${id}k${index}`}>{name?.(node) ?? node.name}</span>}{' '}
              <span className="v" id={`${id}v${index}`}>{(folds(node) ? null : leaf?.(node)) ?? <Leaf node={node} />}</span>
              <CopyPath node={node} />
            </>
          )}
        </div>
      ))}
      {lines.length === 0 && <p className="muted sm">{Array.isArray(value) ? 'An empty list.' : 'Nothing is in it.'}</p>}
    </div>
  )
}

const folds = (node: JsonNode): boolean => node.kind === 'object' || node.kind === 'array'

/** The line of what holds the line at an index. */
function above(lines: readonly JsonNode[], index: number): number {
  const depth = lines[index]?.depth ?? 0
  for (let at = index - 1; at >= 0; at -= 1) if ((lines[at]?.depth ?? 0) < depth) return at
  return index
}

/** Of a text that is longer, so many characters are shown. */
const LONGEST = 2000

function Leaf({ node }: { node: JsonNode }) {
  const { value } = node
  if (folds(node)) {
    return (
      <span className="muted">
        {node.type ? `${node.type}, ` : ''}
        {inShort(node)}
      </span>
    )
  }
  const whole = wholeOf(value)
  if (whole) return <span className="muted">{`${whole.type}${whole.size === null ? '' : `, ${sizeOf(whole.size)}`}`}</span>
  const type = node.type && <span className="muted"> {node.type}</span>
  if (typeof value === 'string') {
    return (
      <>
        <span className={node.type ? 'n' : 'st'}>{node.type ? value : JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)}</span>
        {type}
      </>
    )
  }
  return (
    <>
      <span className="n">{JSON.stringify(value) ?? 'null'}</span>
      {type}
    </>
  )
}

function CopyPath({ node }: { node: JsonNode }) {
  const [copied, setCopied] = useState(false)
  return (
    <IconButton
      small
      tabIndex={-1}
      icon={copied ? 'check' : 'copy'}
      label={copied ? 'Copied' : `Copy the path ${node.path}`}
      className="copy-path"
      onClick={() => void copy(node.path).then(setCopied)}
      onBlur={() => setCopied(false)}
    />
  )
}
