import type { Json } from './model.ts'

/** A JSON document of unknown shape. */
type Node = unknown

function isObject(node: Node): node is Json {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}

/** Keywords of OpenAPI 3.0 that JSON Schema doesn't have, or that only slow a check down. */
const DROPPED = new Set([
  'nullable',
  'example',
  'examples',
  'description',
  'title',
  'externalDocs',
  'deprecated',
  'xml',
])

/**
 * An OpenAPI 3.0 schema as JSON Schema draft 7: `nullable` becomes a type, `#/components/schemas/x` a schema of its own
 * called `x`, and `oneOf` becomes `anyOf`, because GitHub's alternatives overlap.
 */
export function toJsonSchema(node: Node, referred: (name: string) => void): Node {
  if (Array.isArray(node)) return node.map((each) => toJsonSchema(each, referred))
  if (!isObject(node)) return node
  const reference = node.$ref
  if (typeof reference === 'string') {
    const name = reference.replace('#/components/schemas/', '')
    referred(name)
    return { $ref: schemaId(name) }
  }
  const out: Json = {}
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties' && isObject(value)) {
      const converted = Object.entries(value).map(([name, each]) => [name, toJsonSchema(each, referred)])
      out[key] = Object.fromEntries(converted)
    } else if (key === 'enum' || key === 'default' || key === 'required') out[key] = value
    else if (key === 'oneOf') out.anyOf = toJsonSchema(value, referred)
    else if (!DROPPED.has(key) && !key.startsWith('x-')) out[key] = toJsonSchema(value, referred)
  }
  // GitHub writes an empty text where there is no address.
  if (node.default === '') delete out.format
  if (node.nullable !== true) return out
  return { anyOf: [{ type: 'null' }, out] }
}

/** Where a component's schema is kept in the validator. */
export function schemaId(name: string): string {
  return `github-${name}`
}

/** One operation of the description, its references followed. */
export type Operation = {
  readonly parameters: readonly Json[]
  readonly body: Node
  readonly bodyRequired: boolean
  /** Schemas by status; `null`: an answer without a body. */
  readonly responses: ReadonlyMap<string, Node>
}

/** GitHub's description of its REST API. */
export type Description = {
  readonly operation: (method: string, template: string) => Operation | undefined
  readonly component: (name: string) => Node
}

/** Where the description is wrong: there it demands an account that is a user and an enterprise at once. */
const CORRECTIONS: Readonly<Record<string, Node>> = {
  'get /app/installations 200': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
}

function at(node: Node, ...path: readonly string[]): Node {
  return path.reduce<Node>((found, key) => (isObject(found) ? found[key] : undefined), node)
}

/** Reads the parsed OpenAPI document. */
export function describe(document: Json): Description {
  const follow = (node: Node): Node => {
    const reference = at(node, '$ref')
    return typeof reference === 'string' ? follow(at(document, ...reference.split('/').slice(1))) : node
  }
  return {
    component: (name) => at(document, 'components', 'schemas', name),
    operation: (method, template) => {
      const item = at(document, 'paths', template)
      const found = at(item, method.toLowerCase())
      if (!isObject(found)) return undefined
      const shared = at(item, 'parameters')
      const own = found.parameters
      const parameters = [...(Array.isArray(shared) ? shared : []), ...(Array.isArray(own) ? own : [])]
      const body = follow(found.requestBody)
      const responses = Object.entries(isObject(found.responses) ? found.responses : {}).map(
        ([status, response]): [string, Node] => [
          status,
          CORRECTIONS[`${method.toLowerCase()} ${template} ${status}`] ??
            at(follow(response), 'content', 'application/json', 'schema') ??
            null,
        ],
      )
      return {
        parameters: parameters.map(follow).filter(isObject),
        body: at(body, 'content', 'application/json', 'schema'),
        bodyRequired: at(body, 'required') === true,
        responses: new Map(responses),
      }
    },
  }
}
