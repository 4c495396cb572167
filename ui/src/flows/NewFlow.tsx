import '../styles/flows.css'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { FLOWS } from '../api/queries'
import { textIn, treeOf } from '../model/yamltree'
import { Crumbs } from '../parts/crumbs'
import { newFlowRoute } from '../router'
import { useDraft } from './draft'
import { EditorPane } from './EditorPane'
import type { Revision } from './queries'
import { SaveSheet } from './SaveSheet'

/** What a new flow begins with: the least that can be run. */
const TEMPLATE = `id: my_flow
namespace: company.team
description: What it is for.

inputs:
  - id: name
    type: STRING
    defaults: world

tasks:
  - id: greet
    type: core.log.Log
    message: "Hello {{ inputs.name }}"
`

/** A flow that is not there yet, from its first line on. */
export function NewFlow() {
  const { save } = newFlowRoute.useSearch()
  const navigate = useNavigate({ from: newFlowRoute.fullPath })
  const client = useQueryClient()
  const [draft, set] = useDraft('', { revision: 0, source: '', text: TEMPLATE })
  const name = textIn(treeOf(draft.text), 'id') ?? 'flow'
  useEffect(() => {
    document.title = 'New flow · Dal Segno'
  }, [])
  const open = () => void navigate({ search: { save: 'difference' } })
  const saved = (revision: Revision) => {
    set({ revision: 0, source: '', text: '' })
    void client.invalidateQueries({ queryKey: ['flow'] })
    void client.invalidateQueries({ queryKey: FLOWS })
    void navigate({ to: '/flows/$flow', params: { flow: `${revision.namespace}.${revision.id}` }, search: {} })
  }
  return (
    <>
      <div className="head fix-head">
        <Crumbs>
          {[
            <Link key="flows" to="/flows" search={{}}>
              Flows
            </Link>,
          ]}
        </Crumbs>
        <div className="title">
          <h1>New flow</h1>
          <div className="actions">
            <button type="button" className="btn primary" onClick={open}>
              See it and save
            </button>
          </div>
        </div>
      </div>
      <EditorPane name={`${name}.yaml`} draft={draft} set={set} line={null} onSubmit={open} />
      {save !== undefined && <SaveSheet flow={null} draft={draft} onSaved={saved} onClose={() => void navigate({ search: {} })} />}
    </>
  )
}
