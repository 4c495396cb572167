import { useState } from 'react'

/** A text that is not saved yet, and the revision that it was made from; 0 for a flow that is not there. */
export interface Draft {
  revision: number
  source: string
  text: string
}

const name = (flow: string): string => `dalsegno.draft.${flow}`

function kept(flow: string): Draft | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(name(flow)) ?? 'null') as Draft | null
    return found !== null && typeof found.text === 'string' && found.text !== found.source ? found : null
  } catch {
    return null
  }
}

/** The draft of a flow. It stays in this tab of the browser until it is saved or thrown away, wherever one goes meanwhile. */
export function useDraft(flow: string, first: { revision: number; source: string; text?: string }) {
  const [draft, setDraft] = useState<Draft>(() => kept(flow) ?? { text: first.source, ...first })
  const set = (next: Draft) => {
    setDraft(next)
    try {
      if (next.text === next.source) sessionStorage.removeItem(name(flow))
      else sessionStorage.setItem(name(flow), JSON.stringify(next))
    } catch {
      // a browser that keeps nothing loses the draft with the page
    }
  }
  return [draft, set] as const
}
