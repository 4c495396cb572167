import { useQuery } from '@tanstack/react-query'
import { unbegunQuery } from '../results/queries'

/** By address, what failed before a task that was never begun; nothing while the run executes. */
export function useUnbegun(run: string, ended: boolean): ReadonlyMap<string, readonly string[]> | undefined {
  return useQuery({ ...unbegunQuery(run), enabled: ended }).data
}
