import '../styles/difference.css'
import { memo, useMemo } from 'react'
import { pythonParts, yamlParts, type Part } from '../model/colours'

/** The classes of the mocks for what is coloured. */
export const CLASSES: Record<Part['kind'], string | undefined> = { plain: undefined, key: 'k', string: 'st', number: 'n', comment: 'c', expression: 'x', word: 'k' }

/** A line in the colours of its language. */
export const Coloured = memo(function Coloured({ parts }: { parts: readonly Part[] }) {
  return (
    <>
      {parts.map((each, index) => {
        const kind = CLASSES[each.kind]
        return kind === undefined ? each.text : (
          <span key={index} className={kind}>
            {each.text}
          </span>
        )
      })}
    </>
  )
})

/** A text with its lines counted; long lines scroll sideways. */
export function CodeText({ text, label, python = false, first = 1, marked }: { text: string; label: string; python?: boolean; first?: number; marked?: number | null }) {
  const lines = useMemo(() => {
    const split = text.replace(/\n$/, '').split('\n')
    return python ? pythonParts(split) : split.map(yamlParts)
  }, [text, python])
  return (
    <div className="scroll code" role="group" aria-label={label} tabIndex={0}>
      <div className="code-lines">
        {lines.map((parts, index) => (
          <div key={index} className={index + first === marked ? 'ln here' : 'ln'}>
            <span>{index + first}</span>
            <span>
              <Coloured parts={parts} />
            </span>
          </div>
        ))}
      </div>
    </div>
  )
}
