interface Flow {
  namespace: string
  flow: string
}

const same = (one: Flow, other: Flow): boolean => one.namespace === other.namespace && one.flow === other.flow

/** Gives the flows that a list shows: those that it showed stay in their places, with what is new of them; others follow. */
export function keptFlows<Each extends Flow>(before: readonly Each[], now: readonly Each[]): Each[] {
  const stay = before.map((each) => now.find((other) => same(each, other)) ?? each)
  return [...stay, ...now.filter((each) => !before.some((other) => same(each, other)))]
}
