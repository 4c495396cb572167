/** Gives how high the bars of runs are, by their durations beside each other: in pixels, from 3 to 10. */
export function heights(runs: readonly ({ started: number; ended: number | null } | null)[]): number[] {
  const long = runs.map((run) => (run === null || run.ended === null ? null : Math.max(0, run.ended - run.started)))
  const most = Math.max(0, ...long.map((each) => each ?? 0))
  return long.map((each) => (each === null || most === 0 ? 5 : Math.round(3 + 7 * Math.sqrt(each / most))))
}
