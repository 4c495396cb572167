/** One place of a traceback. */
export interface Frame {
  file: string
  line: number
  name: string
  code: string
  /** Whether it is of a library, and not of whoever wrote the step. */
  foreign: boolean
}

/** A traceback, taken apart: its frames, outermost first, and what was said at the end. */
export interface Trace {
  frames: Frame[]
  said: string
}

const FRAME = /^ {2}File "(.+)", line (\d+)(?:, in (.+))?$/
const FOREIGN = /[\\/](site-packages|dist-packages|lib[\\/]python\d[\d.]*|dalsegno)[\\/]|^<frozen/

/** Reads a traceback of Python; nothing where the text is none. */
export function traceOf(text: string): Trace | null {
  const frames: Frame[] = []
  const rest: string[] = []
  let begun = false
  for (const line of text.split('\n')) {
    const found = FRAME.exec(line)
    if (found) {
      frames.push({ file: found[1] ?? '', line: Number(found[2]), name: found[3] ?? '', code: '', foreign: FOREIGN.test(found[1] ?? '') })
      begun = true
    } else if (line.startsWith('Traceback ')) begun = true
    else if (line.startsWith('    ') && frames.length > 0) {
      const last = frames[frames.length - 1]
      // marks below the code say which part of it; the line itself is enough
      if (last && last.code === '' && !/^[\s^~]+$/.test(line)) last.code = line.trim()
    } else if (line.trim() !== '') rest.push(line)
  }
  return begun && frames.length > 0 ? { frames, said: rest.join('\n') } : null
}

/** Frames of one's own, and what libraries are between them as one. */
export type Fold = { kind: 'own'; frame: Frame } | { kind: 'foreign'; frames: Frame[] }

export function foldedFrames(frames: readonly Frame[]): Fold[] {
  const folds: Fold[] = []
  for (const frame of frames) {
    const last = folds.at(-1)
    if (!frame.foreign) folds.push({ kind: 'own', frame })
    else if (last?.kind === 'foreign') last.frames.push(frame)
    else folds.push({ kind: 'foreign', frames: [frame] })
  }
  return folds
}
