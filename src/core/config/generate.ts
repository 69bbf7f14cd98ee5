import { DrydockError } from '../model/errors.ts'

/**
 * Replaces `{{ path }}` by the folder and `{{ path[1] }}` by its second segment (from 0).
 *
 * @throws DrydockError `config-invalid` at any other expression, and where the folder has no such segment.
 */
function expandText(text: string, folder: string): string {
  const segments = folder.split('/')
  const expanded = text.replaceAll(/\{\{(.*?)\}\}/gs, (whole, inside: string) => {
    const expression = /^path(?:\[(\d{1,3})\])?$/.exec(inside.trim())
    if (!expression) {
      throw new DrydockError('config-invalid', `holds the unknown expression \`${whole.slice(0, 60)}\``, {
        hint: 'Known are `{{ path }}` and `{{ path[1] }}`, the segments of the folder from 0.',
      })
    }
    const index = expression[1]
    if (index === undefined) return folder
    const segment = segments[Number(index)]
    if (segment === undefined) {
      throw new DrydockError('config-invalid', `asks for segment ${index} of \`${folder}\``, {
        hint: `The folder has the segments ${segments.map((each, at) => `${at} (${each})`).join(', ')}.`,
      })
    }
    return segment
  })
  if (expanded.includes('{{') || expanded.includes('}}')) {
    throw new DrydockError('config-invalid', 'holds braces that do not match', { hint: 'Write `{{ path[1] }}`.' })
  }
  return expanded
}

/** A place of a template that holds a text to expand. */
type Expansion = { readonly at: readonly PropertyKey[]; readonly fault: DrydockError }

/**
 * The raw app that a template makes of a folder. Only names and value files are expanded: `{{ }}` in Helm's values
 * belongs to the chart.
 */
export function expandTemplate(
  template: Readonly<Record<string, unknown>>,
  folder: string,
): { readonly app: Record<string, unknown>; readonly faults: readonly Expansion[] } {
  const faults: Expansion[] = []
  const expand = (value: unknown, ...at: PropertyKey[]): unknown => {
    if (typeof value !== 'string') return value
    try {
      return expandText(value, folder)
    } catch (thrown) {
      if (!(thrown instanceof DrydockError)) throw thrown
      faults.push({ at, fault: thrown })
      return value
    }
  }
  const app: Record<string, unknown> = { ...template, path: folder }
  for (const key of ['name', 'cluster', 'namespace']) {
    if (Object.hasOwn(template, key)) app[key] = expand(template[key], key)
  }
  const helm = template.helm
  if (typeof helm === 'object' && helm !== null) {
    const expanded: Record<string, unknown> = { ...helm }
    if ('releaseName' in helm) expanded.releaseName = expand(helm.releaseName, 'helm', 'releaseName')
    if ('valueFiles' in helm && Array.isArray(helm.valueFiles)) {
      expanded.valueFiles = helm.valueFiles.map((file, index) => expand(file, 'helm', 'valueFiles', index))
    }
    app.helm = expanded
  }
  return { app, faults }
}
