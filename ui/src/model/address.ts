/** Splits an address at its dots; those in a key belong to the key. */
export function segments(address: string): string[] {
  const found: string[] = []
  let from = 0
  let inside = false
  let quoted = false
  for (let at = 0; at < address.length; at += 1) {
    const sign = address[at]
    if (quoted && sign === '\\') at += 1
    else if (inside && sign === '"') quoted = !quoted
    else if (!quoted && sign === '[') inside = true
    else if (!quoted && sign === ']') inside = false
    else if (!inside && sign === '.') {
      found.push(address.slice(from, at))
      from = at + 1
    }
  }
  found.push(address.slice(from))
  return found
}

/** Gives what an address stands in: `each[paris]` of `each[paris].load`, and nothing of `load`. */
export const around = (address: string): string => segments(address).slice(0, -1).join('.')

/** The task that an address is of. */
export const taskOf = (address: string): string => {
  const last = segments(address).at(-1) ?? address
  const bracket = last.indexOf('[')
  return bracket === -1 ? last : last.slice(0, bracket)
}

/** Takes an item's address apart: `each` and `paris` of `each[paris]`; nothing where it is none. */
export function item(address: string): { loop: string; key: string } | null {
  if (!address.endsWith(']')) return null
  const last = segments(address).at(-1) ?? ''
  const bracket = last.indexOf('[')
  const raw = last.slice(bracket + 1, -1)
  return { loop: address.slice(0, address.length - last.length + bracket), key: raw.startsWith('"') ? unquoted(raw) : raw }
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
