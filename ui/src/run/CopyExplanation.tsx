import { useState } from 'react'
import { explanationOf } from '../api/queries'
import { copy } from '../parts/copy'
import { Icon } from '../parts/marks'

/** Copies what is known of the failure as one text, for a colleague or an assistant. */
export function CopyExplanation({ run }: { run: string }) {
  const [said, setSaid] = useState<'ready' | 'copied' | 'failed'>('ready')
  const words = { ready: 'Copy for an assistant', copied: 'Copied', failed: 'It could not be copied' }
  const act = () =>
    explanationOf(run)
      .then(copy)
      .then((done) => setSaid(done ? 'copied' : 'failed'))
      .catch(() => setSaid('failed'))
  return (
    <button type="button" className="btn quiet sm" onClick={() => void act()}>
      <Icon name={said === 'copied' ? 'check' : 'copy'} size={14} />
      {words[said]}
    </button>
  )
}
