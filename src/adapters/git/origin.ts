import { gitText } from './process.ts'

/** `owner/name` of the remote `origin`, or `undefined` where there is none that looks like one. Never the URL: it may hold a token. */
export async function originOf(folder: string): Promise<string | undefined> {
  const url = (await gitText(['config', '--get', 'remote.origin.url'], { cwd: folder, answers: [0, 1] })).trim()
  const match = /^(?:[a-z+]+:\/\/|[^/]*@)[^/:]+(?::\d+)?[:/](?:.*\/)?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(url)
  return match ? `${match[1]}/${match[2]}` : undefined
}
