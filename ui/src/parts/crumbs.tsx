import { Link } from '@tanstack/react-router'
import { Children, Fragment, type ReactNode } from 'react'
import type { Run } from '../api/queries'

/** Where a page stands: the way to it, each part a link. */
export function Crumbs({ children }: { children: ReactNode }) {
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      {Children.toArray(children).map((each, index) => (
        <Fragment key={index}>
          {index > 0 && <span>/</span>}
          {each}
        </Fragment>
      ))}
    </nav>
  )
}

/** The way to what belongs to a run: its namespace, its flow, and what comes after. */
export function RunCrumbs({ run, children }: { run: Pick<Run, 'namespace' | 'flow'>; children: ReactNode }) {
  return (
    <Crumbs>
      <Link to="/runs" search={{ namespace: run.namespace }}>
        {run.namespace}
      </Link>
      <Link to="/flows/$flow" params={{ flow: `${run.namespace}.${run.flow}` }} search={{}}>
        {run.flow}
      </Link>
      {children}
    </Crumbs>
  )
}
