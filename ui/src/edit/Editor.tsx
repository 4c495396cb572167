import { yaml } from '@codemirror/lang-yaml'
import { syntaxHighlighting } from '@codemirror/language'
import { EditorState, Prec } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'
import { assistance } from './assistance'
import { colours, expressions, look } from './look'
import { problems, type Checked } from './problems'

/** What a page may ask of the editor beside it. */
export interface EditorHandle {
  /** Puts another text in the place of the one that is there; it can be taken back. */
  replace: (text: string) => void
  /** Goes to a line. */
  show: (line: number) => void
}

interface Props {
  text: string
  /** The line that is in the middle of what is seen at first. */
  line: number | null
  label: string
  onChange: (text: string) => void
  /** Told what the server says of a text, each time that it was asked. */
  onChecked?: (found: Checked, text: string) => void
  /** Told the line of the cursor. */
  onLine?: (line: number) => void
  /** Called by Ctrl Enter and Ctrl S, where the page takes it. */
  onSubmit?: () => void
  handle?: (handle: EditorHandle | null) => void
}

/** The text of a flow: completed from the schema, explained where the pointer rests, and what is wrong with it underlined. */
export function Editor({ text, line, label, ...told }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const calls = useRef(told)
  calls.current = told
  const first = useRef({ text, line })
  useEffect(() => {
    if (!box.current) return
    const submit = () => {
      calls.current.onSubmit?.()
      return calls.current.onSubmit !== undefined
    }
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          Prec.high(keymap.of([{ key: 'Mod-Enter', run: submit }, { key: 'Mod-s', run: submit, preventDefault: true }])),
          basicSetup,
          yaml(),
          look,
          syntaxHighlighting(colours),
          expressions,
          assistance,
          problems((found, checked) => calls.current.onChecked?.(found, checked)),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) calls.current.onChange(update.state.doc.toString())
            if (update.selectionSet || update.docChanged) calls.current.onLine?.(update.state.doc.lineAt(update.state.selection.main.head).number)
          }),
        ],
      }),
    })
    const show = (number: number, y: 'center' | 'nearest' = 'center') => {
      const at = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines))
      view.dispatch({ selection: { anchor: at.to }, effects: EditorView.scrollIntoView(at.from, { y }) })
    }
    if (first.current.line !== null && first.current.line <= view.state.doc.lines) show(first.current.line)
    view.focus()
    calls.current.handle?.({
      replace: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
      show: (number) => {
        show(number)
        view.focus()
      },
    })
    return () => {
      calls.current.handle?.(null)
      view.destroy()
    }
  }, [label])
  return <div className="editor" ref={box} />
}
