interface Known {
  revision: number
  digest: string
  tasks: readonly string[]
}

/** Says of a revision what is known without its text: where its text was before, and which tasks came and went. */
export function revisionNote(one: Known, before: Known | null, all: readonly Known[]): string {
  const twin = all.find((each) => each.revision < one.revision && each.digest === one.digest)
  if (twin) return `the text of revision ${twin.revision} again`
  if (before === null) return 'first'
  const come = one.tasks.filter((each) => !before.tasks.includes(each))
  const gone = before.tasks.filter((each) => !one.tasks.includes(each))
  const parts = [...(come.length > 0 ? [`${listed(come)} added`] : []), ...(gone.length > 0 ? [`${listed(gone)} removed`] : [])]
  return parts.length > 0 ? parts.join(', ') : 'the same tasks, another text'
}

const listed = (names: readonly string[]): string => (names.length <= 2 ? names.map((each) => `\`${each}\``).join(', ') : `${names.length} tasks`)
