import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { jsonSchema } from '../../../src/core/config/json-schema.ts'
import { isArray, isObject, type Json } from '../../../src/core/model/object.ts'

/** Every property of the schema that has no description. */
function undescribed(schema: Json | undefined, at = ''): readonly string[] {
  if (isArray(schema)) return schema.flatMap((each, index) => undescribed(each, `${at}/${index}`))
  if (!isObject(schema)) return []
  const own = isObject(schema.properties)
    ? Object.entries(schema.properties)
        .filter(([, each]) => !isObject(each) || !each.description)
        .map(([key]) => `${at}/${key}`)
    : []
  return [...own, ...Object.entries(schema).flatMap(([key, each]) => undescribed(each, `${at}/${key}`))]
}

describe('the JSON Schema', () => {
  const schema = jsonSchema()
  const ajv = new Ajv({ allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)

  it('is draft 7 and describes every key', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
    expect(undescribed(schema)).toEqual([])
  })
  it('takes what the reader takes', () => {
    expect(validate({ version: 1, apps: [{ name: 'a', path: 'b', sync: { prune: 'confirm', timeout: '5m' } }] })).toBe(
      true,
    )
    expect(validate({ version: 1, generate: [{ directories: 'a/*', template: { name: '{{ path[1] }}' } }] })).toBe(true)
  })
  it('refuses an unknown key, a wrong word and a duration without unit', () => {
    expect(validate({ version: 1, apps: [{ name: 'a', path: 'b', sycn: {} }] })).toBe(false)
    expect(validate({ version: 1, apps: [{ name: 'a', path: 'b', render: 'x' }] })).toBe(false)
    expect(validate({ version: 1, apps: [{ name: 'a', path: 'b', sync: { timeout: '5' } }] })).toBe(false)
  })
})
