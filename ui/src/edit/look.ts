import { HighlightStyle } from '@codemirror/language'
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** How the editor looks, in the colours of the page. */
export const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--ds-sunken)', color: 'var(--ds-ink)', fontSize: '12px' },
  '&.cm-focused': { outline: '2px solid var(--ds-focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--ds-mono)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--ds-sunken)', color: 'var(--ds-ink-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--ds-hover) 70%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--ds-ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--ds-active)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--ds-accent-tint)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--ds-active)', outline: 'none' },
  '.cm-tooltip': { backgroundColor: 'var(--ds-raised)', color: 'var(--ds-ink)', border: '1px solid var(--ds-line-strong)', borderRadius: 'var(--ds-radius)', boxShadow: 'var(--ds-shadow)' },
  '.cm-panels': { backgroundColor: 'var(--ds-raised)', color: 'var(--ds-ink)' },
  '.cm-panel input, .cm-panel button': { font: '12px var(--ds-font)' },
  '.cm-panel .cm-textfield': { backgroundColor: 'var(--ds-surface)', border: '1px solid var(--ds-line-control)', color: 'inherit' },
  '.cm-panel .cm-button': { backgroundImage: 'none', backgroundColor: 'var(--ds-surface)', border: '1px solid var(--ds-line-strong)', borderRadius: 'var(--ds-radius-sm)' },
  '.cm-expression, .cm-expression span': { color: 'var(--ds-syn-expr)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--ds-active)', border: 'none', color: 'var(--ds-ink-2)' },
  // what may be written
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--ds-mono)', fontSize: '12px', maxHeight: '20em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', lineHeight: '20px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--ds-accent-tint)', color: 'var(--ds-ink)' },
  '.cm-completionDetail': { fontStyle: 'normal', fontFamily: 'var(--ds-font)', color: 'var(--ds-ink-3)', marginLeft: '12px' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600', color: 'var(--ds-accent)' },
  '.cm-completionIcon': { opacity: '1', color: 'var(--ds-ink-3)', width: '1.2em' },
  '.cm-tooltip.cm-completionInfo': { maxWidth: '340px', padding: '8px 10px', font: '12px/18px var(--ds-font)' },
  // what is said of a word, and what is wrong with it
  '.cm-said': { padding: '8px 12px', maxWidth: '460px', font: '12px/18px var(--ds-font)' },
  '.cm-diagnostic': { padding: '6px 10px', font: '12px/18px var(--ds-font)', marginLeft: '0', borderLeftWidth: '3px', maxWidth: '460px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--ds-failed-solid)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--ds-warning-solid)' },
  '.cm-diagnosticAction': { font: '12px/20px var(--ds-font)', fontWeight: '500', color: 'var(--ds-ink)', backgroundColor: 'var(--ds-surface)', border: '1px solid var(--ds-line-strong)', borderRadius: 'var(--ds-radius)', padding: '2px 10px', marginLeft: '8px' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--ds-failed-solid)', textUnderlineOffset: '3px' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--ds-warning-solid)', textUnderlineOffset: '3px' },
  '.cm-lintRange-info': { backgroundImage: 'none', textDecoration: 'underline dotted var(--ds-ink-3)', textUnderlineOffset: '3px' },
})

export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--ds-syn-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ds-syn-str)' },
  { tag: [tags.number, tags.bool], color: 'var(--ds-syn-num)' },
  { tag: tags.comment, color: 'var(--ds-syn-com)' },
])

const expression = new MatchDecorator({ regexp: /\{\{.*?\}\}/g, decoration: Decoration.mark({ class: 'cm-expression' }) })

/** `{{ expressions }}`, wherever they stand. */
export const expressions = ViewPlugin.fromClass(
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
