import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Ajv as AjvClass, ErrorObject, ValidateFunction } from 'ajv'
import type { Json } from './model.ts'
import { describe, type Operation, schemaId, toJsonSchema } from './openapi.ts'

/** Says what GitHub's published schemas have against a message; each text is one fault, no text means none. */
export type Validator = {
  /** Undefined: GitHub has no such operation. */
  readonly request: (
    method: string,
    template: string,
    params: Readonly<Record<string, string>>,
    query: URLSearchParams,
    body: unknown,
  ) => readonly string[] | undefined
  readonly response: (method: string, template: string, status: number, body: unknown) => readonly string[]
  readonly webhook: (event: string, action: string | null, payload: Json) => readonly string[]
}

const require = createRequire(import.meta.url)

async function readJson(name: string): Promise<Json> {
  return JSON.parse(await readFile(require.resolve(name), 'utf8'))
}

function texts(errors: readonly ErrorObject[] | null | undefined, where: string): readonly string[] {
  return (errors ?? [])
    .filter((error) => error.keyword !== 'anyOf' || errors?.length === 1)
    .slice(0, 10)
    .map((error) => {
      const extra = error.params.additionalProperty ?? error.params.allowedValues ?? ''
      return `${where}${error.instancePath} ${error.message}${extra === '' ? '' : ` (${extra})`}`
    })
}

/** Top-level names that a request body may have; undefined when the schema doesn't say. */
function knownProperties(schema: unknown): Set<string> | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const { properties, anyOf, allOf } = schema as { properties?: Json; anyOf?: unknown[]; allOf?: unknown[] }
  const parts = [...(anyOf ?? []), ...(allOf ?? [])].map(knownProperties)
  const names = [...Object.keys(properties ?? {}), ...parts.flatMap((part) => [...(part ?? [])])]
  return names.length > 0 ? new Set(names) : undefined
}

let shared: Promise<Validator | undefined> | undefined

/**
 * The validator of the development dependencies `@octokit/openapi` and `@octokit/webhooks-schemas`, or `undefined` where
 * they are not installed. One for the process: reading 13 MB takes a while. Compiles an operation when it is first used.
 */
export function openValidator(): Promise<Validator | undefined> {
  shared ??= createValidator()
  return shared
}

async function createValidator(): Promise<Validator | undefined> {
  const loaded = await Promise.all([
    import('ajv'),
    import('ajv-formats'),
    readJson('@octokit/openapi/generated/api.github.com.json'),
    readJson('@octokit/webhooks-schemas/schema.json'),
  ]).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined
    throw error
  })
  if (!loaded) return undefined
  const [{ Ajv }, { default: formats }, api, hooks] = loaded
  const make = (coerce: boolean): AjvClass => {
    const ajv = new Ajv({
      strict: false,
      allErrors: true,
      logger: false,
      validateFormats: true,
      inlineRefs: false,
      coerceTypes: coerce,
    })
    formats.default(ajv)
    return ajv
  }
  const bodies = make(false)
  const parameters = make(true)
  bodies.addSchema(hooks, 'hooks')
  const description = describe(api)

  const ensure = (name: string): void => {
    if (bodies.schemas[schemaId(name)]) return
    const referred: string[] = []
    const converted = toJsonSchema(description.component(name), (each) => referred.push(each))
    bodies.addSchema(converted as Json, schemaId(name))
    for (const each of referred) ensure(each)
  }
  const compileBody = (schema: unknown): { check: ValidateFunction; schema: unknown } => {
    const referred: string[] = []
    const converted = toJsonSchema(schema, (each) => referred.push(each))
    for (const each of referred) ensure(each)
    return { check: bodies.compile(converted as Json), schema: converted }
  }
  const memo = <V>(make: (key: string) => V) => {
    const made = new Map<string, V>()
    return (key: string): V => {
      const known = made.get(key)
      if (known !== undefined) return known
      const value = make(key)
      made.set(key, value)
      return value
    }
  }
  const operationOf = memo((key): Operation | null => {
    const [method = '', template = ''] = key.split(' ')
    return description.operation(method, template) ?? null
  })
  const requestBody = memo((key) => {
    const body = operationOf(key)?.body
    return body === undefined ? null : compileBody(body)
  })
  const parameterCheck = memo((key) => {
    const list = operationOf(key)?.parameters ?? []
    const place = (where: string) => {
      const own = list.filter((each) => each.in === where)
      const properties = own.map((each) => [each.name, toJsonSchema(each.schema, () => undefined)])
      const required = own.filter((each) => each.required === true).map((each) => each.name)
      return parameters.compile({
        type: 'object',
        properties: Object.fromEntries(properties),
        required,
        additionalProperties: false,
      })
    }
    return { path: place('path'), query: place('query') }
  })
  const responseBody = memo((key) => {
    const [method = '', template = '', status = ''] = key.split(' ')
    const responses = operationOf(`${method} ${template}`)?.responses
    if (!responses?.has(status)) return undefined
    const schema = responses.get(status)
    return schema === null ? null : compileBody(schema)
  })
  const hook = memo((name) => bodies.getSchema(`hooks#/definitions/${name}`) ?? null)

  return {
    request: (method, template, params, query, body) => {
      const key = `${method} ${template}`
      if (!operationOf(key)) return undefined
      const { path, query: queryCheck } = parameterCheck(key)
      const found: string[] = []
      if (!path({ ...params })) found.push(...texts(path.errors, 'path'))
      if (!queryCheck(Object.fromEntries(query))) found.push(...texts(queryCheck.errors, 'query'))
      const expected = requestBody(key)
      if (!expected) return found
      if (body === undefined) return operationOf(key)?.bodyRequired ? [...found, 'body is missing'] : found
      if (!expected.check(body)) found.push(...texts(expected.check.errors, 'body'))
      const known = knownProperties(expected.schema)
      const unknown = known && Object.keys(body as Json).filter((name) => !known.has(name))
      return [...found, ...(unknown ?? []).map((name) => `body/${name} is not a property of this operation`)]
    },
    response: (method, template, status, body) => {
      const expected = responseBody(`${method} ${template} ${status}`)
      if (expected === undefined) {
        // GitHub documents few of its errors; each may happen anywhere.
        return status >= 400 || status === 304 ? [] : [`status ${status} is not an answer of this operation`]
      }
      if (expected === null || expected.check(body)) return []
      return texts(expected.check.errors, 'body')
    },
    webhook: (event, action, payload) => {
      const check = hook(action ? `${event}$${action}` : `${event}$event`)
      if (!check) return [`GitHub has no such webhook`]
      return check(payload) ? [] : texts(check.errors, 'payload')
    },
  }
}
