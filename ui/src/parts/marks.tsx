import type { CSSProperties } from 'react'
import type { Look } from '../model/looks'
import { OUTLINES } from './outlines'

/** The marks of states and decisions: each has a shape of its own, so that colour is never the only sign. */
const SHAPES: Record<Look, React.ReactNode> = {
  success: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor"/><path d="m4.8 8.3 2.2 2.2 4.2-4.7" fill="none" stroke="var(--ds-surface)" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round"/>
    </>
  ),
  failed: (
    <>
      <path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/><path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--ds-surface)" strokeWidth="1.7" strokeLinecap="round"/>
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeOpacity=".28" strokeWidth="2.2"/><path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round"/>
    </>
  ),
  warning: (
    <>
      <path d="M8 1.1a1 1 0 0 1 .9.5l6.2 11.2a1 1 0 0 1-.9 1.5H1.8a1 1 0 0 1-.9-1.5L7.1 1.6a1 1 0 0 1 .9-.5z" fill="currentColor"/><path d="M8 5.6v3.6m0 2.3v.1" stroke="var(--ds-surface)" strokeWidth="1.7" strokeLinecap="round"/>
    </>
  ),
  reused: (
    <>
      <g fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round"><path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.9-2.9a2.6 2.6 0 1 0-3.7-3.7l-.7.7"/><path d="M9.3 6.7a2.6 2.6 0 0 0-3.7 0L2.7 9.6a2.6 2.6 0 1 0 3.7 3.7l.7-.7"/></g>
    </>
  ),
  pinned: (
    <>
      <path d="M10.2.9 15.1 5.8c.3.3.2.8-.2.9l-2.6.8-2.4 2.4.3 3.1c0 .5-.6.8-1 .5L2.5 6.8c-.3-.4 0-1 .5-1l3.1.3 2.4-2.4.8-2.6c.1-.4.6-.5.9-.2z" fill="currentColor"/><path d="M5.3 10.7 1.2 14.8" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round"/>
    </>
  ),
  skipped: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.5"/><path d="m3.8 12.2 8.4-8.4" stroke="currentColor" strokeWidth="1.5"/>
    </>
  ),
  killed: (
    <>
      <rect x="1.2" y="1.2" width="13.6" height="13.6" rx="2.4" fill="currentColor"/><rect x="5" y="5" width="6" height="6" rx=".6" fill="var(--ds-surface)"/>
    </>
  ),
  paused: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M6.2 5.3v5.4m3.6-5.4v5.4" stroke="var(--ds-surface)" strokeWidth="1.8" strokeLinecap="round"/>
    </>
  ),
  queued: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.7" strokeDasharray="2.2 2.67"/>
    </>
  ),
  run: (
    <>
      <path d="M3.4 2.3v11.4c0 .6.7 1 1.2.7l9-5.7c.5-.3.5-1 0-1.3l-9-5.8c-.5-.3-1.2.1-1.2.7z" fill="currentColor"/>
    </>
  ),
  drop: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.2 2.67"/><path d="M5 8h6" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round"/>
    </>
  ),
}

/** The mark of a state, with its word for those who hear the page. */
export function Mark({ look, word, size = 14 }: { look: Look; word?: string; size?: number }) {
  return (
    <svg
      className={look === 'running' ? 's spin' : 's'}
      data-state={look}
      viewBox="0 0 16 16"
      style={{ width: size, height: size }}
      {...(word ? { role: 'img', 'aria-label': word } : { 'aria-hidden': true })}
    >
      {SHAPES[look]}
    </svg>
  )
}

/** The sign: play again from here. */
export function Segno({ size = 15, style }: { size?: number; style?: CSSProperties }) {
  return (
    <svg className="segno" viewBox="0 0 24 24" aria-hidden style={{ width: size, height: size, ...style }}>
      <g fill="none" stroke="currentColor" strokeLinecap="round"><path strokeWidth="2.5" d="M16.4 6.6c-.5-2.1-2.1-3.4-4.2-3.4-2.3 0-4.1 1.5-4.1 3.7 0 5.2 8 5 8 10.2 0 2.2-1.8 3.7-4.2 3.7-2.1 0-3.8-1.3-4.3-3.4"/><path strokeWidth="1.7" d="M19.6 3.4 4.4 20.6"/></g><circle cx="4.6" cy="10.2" r="1.75" fill="currentColor"/><circle cx="19.4" cy="13.8" r="1.75" fill="currentColor"/>
    </svg>
  )
}

/** Time that was cut out. */
export function Caesura({ word, className, style }: { word?: string; className?: string; style?: CSSProperties }) {
  return (
    <svg className={className ?? 's'} viewBox="0 0 16 16" style={style} {...(word ? { role: 'img', 'aria-label': word } : { 'aria-hidden': true })}>
      <path d="M4.5 14 7.5 2m1.5 12 3-12" stroke="currentColor" strokeWidth="1.4" fill="none" strokeLinecap="round"/>
    </svg>
  )
}

/** An outline icon; what it means is said by the control around it. */
export function Icon({ name, size = 16 }: { name: keyof typeof OUTLINES; size?: number }) {
  return (
    <svg className="i" viewBox="0 0 24 24" aria-hidden style={{ width: size, height: size }}>
      {OUTLINES[name].map((path) => (
        <path key={path} d={path} />
      ))}
    </svg>
  )
}
