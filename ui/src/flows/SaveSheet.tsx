import { Drawer } from '@mantine/core'
import { useState } from 'react'
import { Refused } from '../api/client'
import { usePresence } from '../api/hooks'
import { useMay } from '../api/role'
import { textQuery } from '../api/queries'
import { useQuery } from '@tanstack/react-query'
import { IconButton } from '../parts/button'
import { Difference, type DiffView } from '../parts/Difference'
import { Notice, Prose, Segments, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { useSmall } from '../run/useSmall'
import type { Draft } from './draft'
import { saveText, type Revision } from './queries'

interface Props {
  flow: string | null
  draft: Draft
  /** Takes what somebody else has saved in the place of the draft. */
  onTake?: (draft: Draft) => void
  onSaved: (saved: Revision) => void
  onClose: () => void
}

/** What a save would change, before it is done. If somebody else has saved meanwhile, that is shown, and nothing is lost. */
export function SaveSheet({ flow, draft, onTake, onSaved, onClose }: Props) {
  const away = usePresence() === 'away'
  const may = useMay('editor')
  const small = useSmall()
  const [view, setView] = useState<DiffView>(small ? 'inline' : 'side')
  const [saving, setSaving] = useState(false)
  const [failure, setFailure] = useState<Refused | Error | null>(null)
  const [newest, setNewest] = useState<Revision | null>(null)
  const named = newest === null ? '' : `${newest.namespace}.${newest.id}`
  const theirs = useQuery({ ...textQuery(named, newest?.revision ?? 0), enabled: newest !== null })
  const moved = newest !== null && newest.revision !== draft.revision
  const before = moved ? theirs.data : draft.source
  const save = () => {
    if (saving || away) return
    setSaving(true)
    setFailure(null)
    // what is looked at is what is expected: a third who saves is told of as well
    saveText(flow, draft.text, moved ? newest.revision : draft.revision)
      .then(onSaved)
      .catch((error: unknown) => {
        setSaving(false)
        setFailure(error instanceof Error ? error : new Error(String(error)))
        const told = error instanceof Refused ? (error.problem.newest as Revision | null | undefined) : null
        if (told) setNewest(told)
      })
  }
  const take = () => {
    if (!moved || theirs.data === undefined) return
    onTake?.({ revision: newest.revision, source: theirs.data, text: theirs.data })
    onClose()
  }
  const next = (moved ? newest.revision : draft.revision) + 1
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="calc(100% - var(--sheet-left))" transitionProps={{ duration: 0 }}>
      <Drawer.Overlay className="scrim" backgroundOpacity={0} />
      <Drawer.Content className="sheet-box" aria-label={draft.revision === 0 && !moved ? 'Save a new flow' : `Save as revision ${next}`}>
        <div
          className="sheet-inside"
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save()
          }}
        >
          <header className="sheet-head">
            <h1 id="save-title" tabIndex={-1} data-autofocus>
              {draft.revision === 0 && !moved ? 'Save a new flow' : `Save as revision ${next}`}
            </h1>
            <span className="grow" />
            <Segments
              label="View"
              value={view}
              onChange={setView}
              choices={[
                { value: 'side' as DiffView, label: 'Side by side' },
                { value: 'inline' as DiffView, label: 'Inline' },
              ]}
            />
            <IconButton icon="x" label="Close" hint="Esc" onClick={onClose} />
          </header>
          <div className="save-body">
            {moved ? (
              <div className="notices">
                <Notice look="warning" role="alert">
                  <b className="strong">
                    {newest.author ?? 'Somebody'} has saved revision {newest.revision} meanwhile
                  </b>
                  , <Moment at={newest.created} />. Below is your draft beside it: what would be changed in it if you saved on top of it.
                </Notice>
              </div>
            ) : (
              failure && (
                <div className="notices">
                  <Told failure={failure} />
                </div>
              )
            )}
            <div className={view === 'side' ? 'rev-heads two' : 'rev-heads'}>
              <div className="rev-head">
                <span className="strong">{moved ? `Revision ${newest.revision}` : draft.revision === 0 ? 'Nothing yet' : `Revision ${draft.revision}`}</span>
              </div>
              <div className="rev-head">
                <span className="strong">Draft</span>
              </div>
            </div>
            {before === undefined ? <Skeleton /> : <Difference before={before} after={draft.text} view={view} />}
          </div>
          <footer className="sheet-foot">
            {moved && onTake && (
              <button type="button" className="btn danger" disabled={theirs.data === undefined} onClick={take}>
                Drop the draft, take revision {newest.revision}
              </button>
            )}
            <span className="grow" />
            <button type="button" className="btn only-wide" onClick={onClose}>
              Go on writing
            </button>
            <button type="button" className="btn primary" disabled={saving || away || !may || before === undefined} title={may ? undefined : 'Your role may not change flows'} onClick={save}>
              {draft.revision === 0 && !moved ? 'Save' : `Save as revision ${next}`}
              <span className="kbd only-wide">Ctrl ↵</span>
            </button>
          </footer>
        </div>
      </Drawer.Content>
    </Drawer.Root>
  )
}

/** What the server refused, in its own words; of a text all that is wrong with it. */
function Told({ failure }: { failure: Error }) {
  const problems = failure instanceof Refused ? (failure.problem.problems ?? []).filter((each) => each.severity === 'error') : []
  if (problems.length === 0) {
    return (
      <Notice look="failed" role="alert">
        <Prose text={failure.message} />
      </Notice>
    )
  }
  return (
    <>
      {problems.map((each) => (
        <Notice key={`${each.line}:${each.column}:${each.message}`} look="failed" role="alert">
          Line {each.line}: <Prose text={each.message} />
        </Notice>
      ))}
    </>
  )
}
