import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, given } from '../api/client'
import { Failure, Skeleton } from '../parts/pieces'
import { Icon } from '../parts/marks'
import { TypeDocs } from './TypeDocs'

const typesQuery = {
  queryKey: ['task-types'],
  queryFn: async () => (await given(api.GET('/api/v1/task-types'))).types,
  staleTime: Infinity,
}

/** All types of tasks, with what each is for. */
export function TypeList() {
  const found = useQuery(typesQuery)
  const [text, setText] = useState('')
  const [open, setOpen] = useState<string | null>(null)
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!found.data) return <Skeleton />
  const words = text.toLowerCase().split(/\s+/)
  const shown = found.data.filter((each) => words.every((word) => each.toLowerCase().includes(word)))
  return (
    <div className="types">
      <label className="field search-field">
        <Icon name="search" size={14} />
        <input aria-label="Search in the names of task types" placeholder="Name" value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <ul>
        {shown.map((each) => (
          <li key={each}>
            <button type="button" className="pick" aria-expanded={open === each} onClick={() => setOpen(open === each ? null : each)}>
              <Icon name={open === each ? 'chevron-down' : 'chevron-right'} size={14} />
              <code>{each}</code>
            </button>
            {open === each && <TypeDocs type={each} whole />}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="muted">No type has this in its name.</p>}
    </div>
  )
}
