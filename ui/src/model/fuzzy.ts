/** How well a text answers what is sought, and which of its letters do. */
export interface Match {
  score: number
  at: number[]
}

/**
 * Looks for the letters of what is sought in a text, in their order. Those that begin words and those that stand together count
 * more; words may stand in any order.
 */
export function fuzzy(sought: string, text: string): Match | null {
  const words = sought.toLowerCase().split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return { score: 0, at: [] }
  const found = words.map((word) => one(word, text))
  if (found.some((each) => each === null)) return null
  const all = found as Match[]
  return { score: all.reduce((sum, each) => sum + each.score, 0) - text.length / 100, at: [...new Set(all.flatMap((each) => each.at))].sort((a, b) => a - b) }
}

function one(word: string, text: string): Match | null {
  const lower = text.toLowerCase()
  const whole = lower.indexOf(word)
  if (whole >= 0) {
    const best = starts(text).find((at) => lower.startsWith(word, at)) ?? whole
    return { score: 20 + 4 * word.length + (isStart(text, best) ? 10 : 0) + (best === 0 ? 5 : 0), at: Array.from(word, (_, index) => best + index) }
  }
  const at: number[] = []
  let score = 0
  let from = 0
  for (const sign of word) {
    const next = nextOf(lower, text, sign, from)
    if (next < 0) return null
    score += isStart(text, next) ? 4 : next === (at.at(-1) ?? -2) + 1 ? 2 : -1
    at.push(next)
    from = next + 1
  }
  // letters that lie about anywhere are no answer
  return score > 0 ? { score, at } : null
}

/** The next place of a letter: the beginning of a word where there is one, unless the very next letter is it. */
function nextOf(lower: string, text: string, sign: string, from: number): number {
  if (lower[from] === sign) return from
  for (let at = lower.indexOf(sign, from); at >= 0; at = lower.indexOf(sign, at + 1)) if (isStart(text, at)) return at
  return lower.indexOf(sign, from)
}

const isStart = (text: string, at: number): boolean => {
  const [before, here] = [text[at - 1], text[at] ?? '']
  return before === undefined || /[\W_]/.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(here)) || (/\D/.test(before) && /\d/.test(here))
}

const starts = (text: string): number[] => Array.from(text, (_, at) => at).filter((at) => isStart(text, at))
