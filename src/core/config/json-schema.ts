import { z } from 'zod'
import type { JsonObject } from '../model/object.ts'
import { repositorySchema } from './repository-schema.ts'

/**
 * The JSON Schema of `.github/drydock.yaml`, in draft 7: the newest that yaml-language-server reads. Each key has a
 * description, each optional key its default.
 */
export function jsonSchema(): JsonObject {
  const { $schema, ...schema } = z.toJSONSchema(repositorySchema, { target: 'draft-7', io: 'input' })
  return JSON.parse(JSON.stringify({ $schema, title: 'Drydock', ...schema })) as JsonObject
}
