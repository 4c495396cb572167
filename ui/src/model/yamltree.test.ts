import { describe, expect, it } from 'vitest'
import { placeAt, treeOf, type Place, type Tree } from './yamltree'

const plain = (tree: Tree | null): unknown =>
  tree === null
    ? null
    : tree.kind === 'scalar'
      ? tree.text
      : tree.kind === 'list'
        ? tree.items.map(plain)
        : Object.fromEntries(tree.entries.map((each) => [each.colon ? each.key : `${each.key}?`, plain(each.value)]))

/** Reads a text in which `^` marks the position. */
const at = (marked: string): Place | null => {
  const position = marked.indexOf('^')
  return placeAt(treeOf(marked.replace('^', '')), position)
}
const way = (place: Place | null) => place?.trail.map((step) => ('key' in step ? step.key : step.index)).join('/')

const FLOW = `id: rides
# a comment: no key
tasks:
  - id: load
    type: core.http.Download
    headers:
      accept: "a # b"
    body: |
      id: not a key
        type: neither
  - {id: say, type: core.log.Log, message: "{{ outputs.load.uri }}, done", tags: [a, 'b c']}
errors:
- id: tell
  type: core.log.Log
`

describe('a tree of a text', () => {
  it('holds maps, lists and texts', () => {
    expect(plain(treeOf(FLOW))).toEqual({
      id: 'rides',
      tasks: [
        { id: 'load', type: 'core.http.Download', headers: { accept: 'a # b' }, body: '' },
        { id: 'say', type: 'core.log.Log', message: '{{ outputs.load.uri }}, done', tags: ['a', 'b c'] },
      ],
      errors: [{ id: 'tell', type: 'core.log.Log' }],
    })
  })
  it('is read however broken the text is', () => {
    expect(plain(treeOf('tasks:\n  - id: a\n    ty'))).toEqual({ tasks: [{ id: 'a', 'ty?': null }] })
    expect(plain(treeOf('tasks:\n  - {id: a, ty'))).toEqual({ tasks: [{ id: 'a', 'ty?': null }] })
    expect(plain(treeOf('tasks:\n  - '))).toEqual({ tasks: [null] })
    expect(plain(treeOf('a: {b: [1, {c: 2\nd: "x'))).not.toBeNull()
    expect(treeOf('')).toBeNull()
  })
  it('goes on after a list whose items stand under their key', () => {
    expect(plain(treeOf('a:\n- 1\n- b: 2\n  c: 3\nd: 4'))).toEqual({ a: [{ '1?': null }, { b: '2', c: '3' }], d: '4' })
  })
})

describe('a place', () => {
  it('is told of keys and values', () => {
    expect(way(at('tasks:\n  - id: a\n    ty^pe: x'))).toBe('tasks/0/type')
    expect(at('tasks:\n  - id: a\n    ty^pe: x')).toMatchObject({ at: 'key', text: 'type' })
    expect(at('tasks:\n  - id: a\n    type: co^re.log')).toMatchObject({ at: 'value', text: 'core.log', from: 27 })
    expect(way(at('a:\n  - {id: x, type: y^}'))).toBe('a/0/type')
  })
  it('is told of a word that is being written', () => {
    expect(way(at('tasks:\n  - id: a\n    type: x\n    me^'))).toBe('tasks/0/me')
    expect(way(at('tasks:\n  - id: a\n    type: x\n    options:\n      me^\n  - id: b'))).toBe('tasks/0/options/me')
  })
  it('is nowhere in a comment', () => {
    expect(at('a: b\n# c^c: d\ne: f')).toBeNull()
  })
})
