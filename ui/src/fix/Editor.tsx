import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { linter, lintGutter, type Diagnostic } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'
import { validate } from '../api/queries'

interface Props {
  text: string
  /** The line that is in the middle of what is seen at first. */
  line: number | null
  label: string
  onChange: (text: string) => void
}

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--ds-sunken)', color: 'var(--ds-ink)', fontSize: '12px' },
  '&.cm-focused': { outline: '2px solid var(--ds-focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--ds-mono)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--ds-sunken)', color: 'var(--ds-ink-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--ds-hover) 70%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--ds-ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--ds-active)' },
  '.cm-tooltip': { backgroundColor: 'var(--ds-raised)', color: 'var(--ds-ink)', border: '1px solid var(--ds-line-strong)' },
  '.cm-panels': { backgroundColor: 'var(--ds-raised)', color: 'var(--ds-ink)' },
  '.cm-expression, .cm-expression span': { color: 'var(--ds-syn-expr)' },
})

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--ds-syn-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ds-syn-str)' },
  { tag: [tags.number, tags.bool], color: 'var(--ds-syn-num)' },
  { tag: tags.comment, color: 'var(--ds-syn-com)' },
])

/** `{{ expressions }}`, wherever they stand. */
const expression = new MatchDecorator({ regexp: /\{\{.*?\}\}/g, decoration: Decoration.mark({ class: 'cm-expression' }) })
const expressions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = expression.createDeco(view)
    }
    update(update: ViewUpdate) {
      this.decorations = expression.updateDeco(update, this.decorations)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)

/** What the server finds wrong with the text, at its place. */
async function problems(view: EditorView): Promise<Diagnostic[]> {
  const { doc } = view.state
  const found = await validate(doc.toString())
  return found.problems.map((each) => {
    const line = doc.line(Math.min(doc.lines, Math.max(1, each.line ?? 1)))
    const from = Math.min(line.to, line.from + Math.max(0, (each.column ?? 1) - 1))
    const severity = each.severity === 'error' ? 'error' : each.severity === 'warning' ? 'warning' : 'info'
    return { from, to: line.to, severity, message: each.message.replaceAll('`', '') }
  })
}

/** The text of a flow, with what is wrong with it underlined. */
export function Editor({ text, line, label, onChange }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const changed = useRef(onChange)
  changed.current = onChange
  const first = useRef({ text, line })
  useEffect(() => {
    if (!box.current) return
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          basicSetup,
          yaml(),
          look,
          syntaxHighlighting(colours),
          expressions,
          lintGutter(),
          linter(problems, { delay: 400 }),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    if (first.current.line !== null && first.current.line <= view.state.doc.lines) {
      const at = view.state.doc.line(first.current.line)
      view.dispatch({ selection: { anchor: at.to }, effects: EditorView.scrollIntoView(at.from, { y: 'center' }) })
    }
    view.focus()
    return () => view.destroy()
  }, [label])
  return <div className="editor" ref={box} />
}
