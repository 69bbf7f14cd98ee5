import type { Annotation } from '../../core/report/annotations.ts'
import type { CheckReport } from '../../core/report/check.ts'

/** GitHub's limits in characters (REST reference of checks, comments and deployments). */
const limits = { title: 255, text: 65_535, annotations: 50, annotationBytes: 65_535, comment: 65_536, description: 140 }

/** Cuts a text at a number of characters, as the last resort: the report is expected to keep within the limit. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const short = text.slice(0, length - 1)
  return `${/[\uD800-\uDBFF]$/.test(short) ? short.slice(0, -1) : short}…`
}

/** Cuts at a number of bytes of UTF-8. */
function cutBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text)
  if (buffer.length <= bytes) return text
  return `${buffer
    .subarray(0, bytes - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}…`
}

/** The body of a comment, within GitHub's limit. */
export const commentBody = (body: string): string => cut(body, limits.comment)

/** The description of a deployment or of its status, within GitHub's limit. */
export const description = (text: string): string => cut(text, limits.description)

/** The `output` of a check run within GitHub's limits: 50 annotations in one request, the rest is counted in words. */
export function checkOutput(report: CheckReport) {
  const annotations = report.annotations.slice(0, limits.annotations)
  const left = report.annotations.length - annotations.length
  const more = left > 0 ? `\n\n${left} more findings have no annotation; GitHub takes ${limits.annotations}.` : ''
  return {
    title: cut(report.title, limits.title),
    summary: cut(report.summary, limits.text - more.length) + more,
    ...(report.text ? { text: cut(report.text, limits.text) } : {}),
    ...(annotations.length > 0 ? { annotations: annotations.map(annotationBody) } : {}),
  }
}

function annotationBody(annotation: Annotation) {
  return {
    path: annotation.path,
    start_line: annotation.line,
    end_line: annotation.line,
    annotation_level: annotation.level,
    message: cutBytes(annotation.message, limits.annotationBytes),
    ...(annotation.title ? { title: cut(annotation.title, limits.title) } : {}),
  }
}
