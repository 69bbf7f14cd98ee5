import { at, isArray, isObject, type JsonObject, type KubeObject, textAt } from '../model/object.ts'

/** The version of a definition that serves an object. */
export function servedVersion(object: KubeObject, definition: KubeObject): JsonObject | undefined {
  return servedVersions(definition).find((each) => textAt(each, 'name') === versionOf(object.apiVersion))
}

/** Names of the served versions, as in `apiVersion`. */
export function servedNames(definition: KubeObject): readonly string[] {
  const group = textAt(definition, 'spec', 'group') ?? ''
  return servedVersions(definition).map((each) => `${group}/${textAt(each, 'name') ?? ''}`)
}

function servedVersions(definition: KubeObject): readonly JsonObject[] {
  const versions = at(definition, 'spec', 'versions')
  return isArray(versions) ? versions.filter(isObject).filter((each) => each.served === true) : []
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}
