import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Prose } from '../parts/pieces'
import { theLanguage } from '../edit/knowledge'
import { typeQuery } from './queries'

/** How many properties are shown before the rest is asked for. */
const FEW = 5

/** What a type of tasks is for, and its properties: those that it needs first. */
export function TypeDocs({ type, whole = false }: { type: string; whole?: boolean }) {
  const language = useQuery({ queryKey: ['flow-language'], queryFn: theLanguage, staleTime: Infinity }).data
  // one that is still being written is asked for by nobody
  const found = useQuery({ ...typeQuery(type), enabled: language !== undefined && language.canonical(type) !== null })
  const [all, setAll] = useState(whole)
  if (!found.data) return null
  const { name, summary, outputs } = found.data
  const properties = [...found.data.properties].sort((one, other) => Number(other.required === true) - Number(one.required === true))
  const shown = all ? properties : properties.slice(0, FEW)
  return (
    <section className={all ? 'type-docs all' : 'type-docs'} aria-label={`Type ${name}`} tabIndex={0}>
      <div className="row">
        <code className="strong">{name}</code>
        {name !== type && <span className="muted sm cut">here for {type}</span>}
        <span className="grow" />
        {!whole && properties.length > FEW && (
          <button type="button" className="as-link sm" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Fewer' : 'All properties'}
          </button>
        )}
      </div>
      <p className="soft sm">
        <Prose text={summary.split('\n\n')[0] ?? ''} />
      </p>
      <dl className="type-list">
        {shown.map((each) => (
          <div key={String(each.name)}>
            <dt className="mono">{String(each.name)}</dt>
            <dd className="muted">{kind(each.type)}</dd>
            <dd className="soft">
              <Prose text={`${each.required === true ? 'Required. ' : ''}${String(each.description ?? '')}`} />
            </dd>
          </div>
        ))}
      </dl>
      {all && outputs.length > 0 && (
        <>
          <h3>Gives</h3>
          <dl className="type-list">
            {outputs.map((each) => (
              <div key={String(each.name)}>
                <dt className="mono">{String(each.name)}</dt>
                <dd className="muted">{kind(each.type)}</dd>
                <dd className="soft">
                  <Prose text={String(each.description ?? '')} />
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  )
}

const PLAIN: Record<string, string> = { str: 'text', int: 'number', float: 'number', bool: 'true, false', Any: 'any', dict: 'map', list: 'list' }

/** The type of a value, in short and without Python's own words. */
function kind(type: unknown): string {
  const text = String(type ?? '').replace(/ \| None$/, '').replace(/^Optional\[(.*)\]$/, '$1')
  const head = /^\w+/.exec(text)?.[0] ?? text
  if (head === 'Literal') return 'one of some'
  return PLAIN[text] ?? PLAIN[head] ?? (text.length > 18 ? '' : text)
}
