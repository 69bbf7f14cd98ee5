import type { RenderRequest } from '../../flows/ports.ts'

/** In characters. */
const LIMIT = 1_500

/** A renderer's own words: without paths of this machine, colours, advice on options that nobody can give here. */
export function cleanMessage(stderr: string, request: Pick<RenderRequest, 'root'>): string {
  const lines = stderr
    .replaceAll(`${request.root}/`, '')
    .replaceAll(request.root, '.')
    .replace(/[^\s"'`]*\/drydock-[A-Za-z0-9]{6}[^\s"'`:]*/g, '(temporary file)')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what has to go
    .replace(/\x1b\[[0-9;]*m/g, '')
    .split('\n')
    .filter((line) => !/^Use --debug flag|^(time=\S+ )?level=(INFO|WARN)|^\d{4}\/\d\d\/\d\d /.test(line))
    .map((line) => line.replace(/^(Error|error): /, '').trim())
    .filter(Boolean)
  const message = lines.join('\n').slice(0, LIMIT)
  return message === '' ? 'it failed without saying why.' : message
}
