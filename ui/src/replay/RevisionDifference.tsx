import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { textQuery } from '../api/queries'
import { Difference } from '../parts/Difference'

/** What differs between two revisions, in small, and the way to see them side by side. */
export function RevisionDifference({ flow, before, after }: { flow: string; before: number; after: number }) {
  const [one, other] = [useQuery(textQuery(flow, before)), useQuery(textQuery(flow, after))]
  if (one.data === undefined || other.data === undefined || one.data === other.data) return null
  return (
    <>
      <div className="framed rev-mini">
        <Difference before={one.data} after={other.data} view="inline" around={1} label={`What differs in revision ${after}`} />
      </div>
      <Link className="link sm" to="/flows/$flow/revisions" params={{ flow }} search={{ a: String(before), b: String(after) }} target="_blank">
        Side by side
      </Link>
    </>
  )
}
