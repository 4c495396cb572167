import { useRef, useState } from 'react'
import { size } from '../model/format'
import type { InputField } from '../model/inputs'

interface Props {
  field: InputField
  value: unknown
  onChange: (value: unknown) => void
}

/** A file of one's own, which is stored at once, or the address of one that is stored already. */
export function FileField({ field, value, onChange }: Props) {
  const id = `input-${field.id}`
  const picker = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState<string | null>(null)
  const take = async (file: File) => {
    setSaid(`storing ${file.name}…`)
    try {
      const { storeFile } = await import('./storeFile')
      onChange(await storeFile(file))
      setSaid(`${file.name}, ${size(file.size)}`)
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <>
      <label htmlFor={id} className="mono sm cut">
        {field.id}
      </label>
      <div className="row">
        <div className="field grow">
          <input id={id} className="mono grow" placeholder="dalsegno://…" value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)} />
          <span className="muted xs">{said ?? 'file'}</span>
        </div>
        <input ref={picker} type="file" hidden onChange={(event) => event.target.files?.[0] && void take(event.target.files[0])} />
        <button type="button" className="btn" onClick={() => picker.current?.click()}>
          Choose a file
        </button>
      </div>
    </>
  )
}
