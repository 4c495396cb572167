/** Gives the line of a property of a task in the text of a flow, or that of the task; both are looked for as a person would. */
export function lineOf(text: string, task: string | null, property: string | null): number | null {
  if (task === null) return null
  const lines = text.split('\n')
  const name = task.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const begins = lines.findIndex((line) => new RegExp(`(^|[\\s{,-])id:\\s*["']?${name}["']?\\s*([,}#]|$)`).test(line))
  if (begins < 0) return null
  if (property === null) return begins + 1
  for (let at = begins; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (at > begins && /^\s*-\s+\{?\s*id:/.test(line)) break
    if (new RegExp(`(^|[\\s{,])${property}:`).test(line)) return at + 1
  }
  return begins + 1
}
