import { forEachDiagnostic, linter, lintGutter, type Diagnostic } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { keymap, type EditorView } from '@codemirror/view'
import { validate } from '../api/queries'
import { placeOfProblem } from '../model/problem'
import { prose } from './prose'

export type Checked = Awaited<ReturnType<typeof validate>>

/** How long nothing has to be typed before the server is asked, in milliseconds. */
const PAUSE = 400

/** What the server finds wrong with the text, at its place; what it found is handed on as well. */
export function problems(checked: (found: Checked, text: string) => void): Extension {
  const find = async (view: EditorView): Promise<Diagnostic[]> => {
    const text = view.state.doc.toString()
    const found = await validate(text).catch(() => null)
    if (found === null) return []
    if (view.state.doc.toString() === text) checked(found, text)
    return found.problems.map((each) => {
      const { fix, ...place } = placeOfProblem(text, each)
      return {
        ...place,
        message: each.message.replaceAll('`', ''),
        renderMessage: () => prose(each.message),
        actions: fix?.names.slice(0, 3).map((name) => ({
          name: `Use ${name}`,
          apply: (inner, from, to) => inner.dispatch({ changes: { from, to, insert: name }, selection: { anchor: from + name.length } }),
        })),
      } satisfies Diagnostic
    })
  }
  return [lintGutter(), linter(find, { delay: PAUSE }), keymap.of([{ key: 'Mod-.', run: fixAtCursor }])]
}

/** Takes the first proposal for what is wrong where the cursor is, or else anywhere in its line. */
function fixAtCursor(view: EditorView): boolean {
  const { head } = view.state.selection.main
  const line = view.state.doc.lineAt(head)
  let best: { diagnostic: Diagnostic; from: number; to: number } | null = null
  forEachDiagnostic(view.state, (diagnostic, from, to) => {
    if (!diagnostic.actions?.length || to < line.from || from > line.to) return
    const inside = head >= from && head <= to
    if (best === null || inside) best = { diagnostic, from, to }
  })
  if (best === null) return false
  const { diagnostic, from, to } = best as { diagnostic: Diagnostic; from: number; to: number }
  diagnostic.actions?.[0]?.apply(view, from, to)
  return true
}
