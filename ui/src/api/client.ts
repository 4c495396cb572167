import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Problem = components['schemas']['Problem']

/** What the server refused or failed at, in its own words. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

/** The server does not answer. */
export class Away extends Error {}

const client = createClient<paths>({ baseUrl: window.location.origin, fetch: (request: Request) => answered(request) })

async function answered(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw new Away('the server does not answer')
  }
}

/** Gives the data of an answer, or throws what the server says is wrong. */
export async function given<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked
  if (response.ok && data !== undefined) return data
  if (error && typeof error === 'object' && 'message' in error) throw new Refused(error as Problem)
  throw new Away(`the server answered ${response.status} ${response.statusText}`)
}

export const api = client
