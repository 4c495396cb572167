import { Link } from '@tanstack/react-router'
import { Empty } from '../parts/pieces'

export function NotFound() {
  return (
    <Empty title="There is no such page">
      <p>
        <Link className="link" to="/runs">
          All runs
        </Link>
      </p>
    </Empty>
  )
}
