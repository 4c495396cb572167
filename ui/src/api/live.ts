/** Whether the server is heard of. */
export type Presence = 'live' | 'away'

type Listener = () => void

let presence: Presence = 'live'
let since: number | null = null
const listeners = new Set<Listener>()

/** Where all parts of the page learn whether the server is there. */
export const server = {
  subscribe(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  presence: (): Presence => presence,
  /** Since when nothing has been heard of it, in milliseconds; nothing while it is there. */
  awaySince: (): number | null => since,
  is(now: Presence): void {
    if (now === presence) return
    presence = now
    since = now === 'away' ? Date.now() : null
    for (const listener of listeners) listener()
  },
}

/** Within how long a browser that was let down tries again by itself, in milliseconds. */
const AGAIN = 1500

/**
 * Follows a stream of events and takes it up again where it broke off, until it is closed or has ended.
 *
 * The browser itself comes back with the last id where the connection breaks; where it gives up, because the server answered
 * otherwise, a new stream is opened after a while. `back` is called whenever the server is there again.
 */
export function follow(
  address: string,
  on: { kinds: readonly string[]; event: (kind: string, data: unknown) => void; end?: () => void; back?: () => void },
): () => void {
  let stream: EventSource | null = null
  let timer: number | undefined
  let closed = false
  let broken = false

  const open = () => {
    const opened = new EventSource(address)
    stream = opened
    opened.onopen = () => {
      server.is('live')
      if (broken) on.back?.()
      broken = false
    }
    for (const kind of on.kinds) {
      opened.addEventListener(kind, (event) => on.event(kind, JSON.parse((event as MessageEvent<string>).data)))
    }
    opened.addEventListener('end', () => {
      close()
      on.end?.()
    })
    opened.onerror = () => {
      if (closed) return
      broken = true
      server.is('away')
      if (opened.readyState !== EventSource.CLOSED) return
      opened.close()
      timer = window.setTimeout(open, AGAIN)
    }
  }
  const close = () => {
    closed = true
    window.clearTimeout(timer)
    stream?.close()
  }
  open()
  return close
}

/** Gives a function that calls another one at most once in a while, and never loses the last call. */
export function seldom(call: () => Promise<unknown> | void, apart: number): { (): void; cancel(): void } {
  let timer: number | undefined
  let wanted = false
  let running = false
  const run = async () => {
    timer = undefined
    wanted = false
    running = true
    const began = performance.now()
    try {
      await call()
    } finally {
      running = false
      // what takes long is called the less often
      if (wanted) timer = window.setTimeout(run, Math.max(apart, 2 * (performance.now() - began)))
    }
  }
  const ask = () => {
    if (running || timer !== undefined) wanted = true
    if (!running && timer === undefined) timer = window.setTimeout(run, wanted ? apart : 0)
  }
  return Object.assign(ask, { cancel: () => window.clearTimeout(timer) })
}
