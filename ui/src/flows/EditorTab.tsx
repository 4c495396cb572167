import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { FLOWS, revisionsQuery, textQuery } from '../api/queries'
import { lineOf } from '../model/lines'
import { Empty, Failure, Skeleton } from '../parts/pieces'
import { flowRoute } from '../router'
import { HeadActions } from './actions'
import { useDraft, type Draft } from './draft'
import { EditorPane } from './EditorPane'
import type { Revision } from './queries'
import { SaveSheet } from './SaveSheet'
import { useFlowSearch } from './useFlowSearch'

/** The text of a flow, to be changed and saved as its next revision. */
export function EditorTab() {
  const { flow } = flowRoute.useParams()
  const revisions = useQuery(revisionsQuery(flow))
  const latest = revisions.data?.[0]
  const text = useQuery({ ...textQuery(flow, latest?.revision ?? 0), enabled: latest !== undefined && latest.code === null })
  if (latest && latest.code !== null) {
    return (
      <Empty title="This is a pipeline in Python">
        <p>
          It is written in <code>{latest.code}</code>, and deployed from there: <code>dalsegno deploy</code>.
        </p>
        <Link className="btn" to="/flows/$flow/code" params={{ flow }} search={{}}>
          Look at its code
        </Link>
      </Empty>
    )
  }
  if (text.error && text.data === undefined) return <Failure error={text.error} again={() => void text.refetch()} />
  if (!latest || text.data === undefined) return <Skeleton />
  return <Text key={flow} flow={flow} latest={latest} source={text.data} />
}

function Text({ flow, latest, source }: { flow: string; latest: Revision; source: string }) {
  const [{ task, save }, change] = useFlowSearch()
  const client = useQueryClient()
  const [draft, set] = useDraft(flow, { revision: latest.revision, source })
  const line = useMemo(() => lineOf(draft.text, task ?? null, null), [task]) // eslint-disable-line
  const changed = draft.text !== draft.source
  const open = () => changed && change({ save: 'difference' })
  const close = () => change({ save: undefined })
  const saved = (revision: Revision) => {
    set({ revision: revision.revision, source: draft.text, text: draft.text })
    void client.invalidateQueries({ queryKey: ['flow'] })
    void client.invalidateQueries({ queryKey: FLOWS })
    close()
  }
  const newer = latest.revision > draft.revision
  // the editor begins anew where another text is put into its place
  const [round, setRound] = useState(0)
  const begin = (next: Draft) => {
    set(next)
    setRound((before) => before + 1)
  }
  return (
    <>
      <HeadActions>
        {(changed || newer) && (
          <button type="button" className="btn only-wide" onClick={() => begin({ revision: latest.revision, source, text: source })}>
            {changed ? 'Drop the draft' : `Take revision ${latest.revision}`}
          </button>
        )}
        <button type="button" className={changed ? 'btn primary' : 'btn kept'} disabled={!changed} onClick={open}>
          See the difference and save
        </button>
      </HeadActions>
      <EditorPane
        key={round}
        name={`${latest.id}.yaml`}
        draft={draft}
        set={set}
        line={line}
        notes={
          <>
            {newer && (
              <span className="tag" data-state="warning">
                revision {latest.revision} was saved meanwhile
              </span>
            )}
          </>
        }
        onSubmit={open}
      />
      {save !== undefined && changed && <SaveSheet flow={flow} draft={draft} onTake={begin} onSaved={saved} onClose={close} />}
    </>
  )
}
