import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { hoverTooltip, type EditorView, type Tooltip } from '@codemirror/view'
import type { Extension } from '@codemirror/state'
import { optionsAt, saidAt, type Option, type Said } from '../model/completing'
import { knowledgeFor } from './knowledge'
import { prose } from './prose'

/** The marks of CodeMirror for what may be written. */
const MARKS: Record<Option['kind'], string> = { property: 'property', type: 'class', enum: 'enum', variable: 'variable', function: 'function', filter: 'function', task: 'constant', input: 'variable' }

function shown(option: Option): Completion {
  const { info } = option
  return {
    label: option.label,
    type: MARKS[option.kind],
    detail: option.detail,
    apply: option.apply,
    boost: option.boost,
    ...(info && { info: () => prose(info) }),
  }
}

/** What may be written, from the schema of flows and from the text itself. */
async function completions(context: CompletionContext): Promise<CompletionResult | null> {
  const text = context.state.doc.toString()
  const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos)
  // at the beginning of a line it comes when it is asked for, so that Enter is left alone
  if (!context.explicit && !/[\w.|{:]/.test(before) && !/(:|-|\||\{\{|\()\s$/.test(context.state.sliceDoc(Math.max(0, context.pos - 4), context.pos))) return null
  const known = await knowledgeFor(text)
  if (known === null || context.aborted) return null
  const found = optionsAt(text, context.pos, known)
  return found && { from: found.from, to: found.to, options: found.options.map(shown), validFor: /^[\w-]*$/ }
}

function drawn(said: Said): HTMLElement {
  const box = document.createElement('div')
  box.className = 'cm-said'
  const head = document.createElement('div')
  head.className = 'said-head'
  const title = document.createElement('code')
  title.textContent = said.title
  head.append(title)
  if (said.detail) {
    const detail = document.createElement('span')
    detail.className = 'muted'
    detail.textContent = said.detail
    head.append(detail)
  }
  box.append(head, prose(said.text))
  return box
}

async function hovered(view: EditorView, position: number): Promise<Tooltip | null> {
  const text = view.state.doc.toString()
  const known = await knowledgeFor(text)
  const said = known && saidAt(text, position, known)
  return said && { pos: said.from, end: said.to, above: true, create: () => ({ dom: drawn(said) }) }
}

/** Completion and hover docs of a flow's text. */
export const assistance: Extension = [autocompletion({ override: [completions], icons: true }), hoverTooltip(hovered, { hoverTime: 250 })]
