import type { Manifest } from '../../core/model/manifest.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { identityOf, referenceOf } from '../../core/model/reference.ts'
import { retrying } from '../sync/retry.ts'
import type { Inquiry } from './gather.ts'

/** The object as the list of the app's objects has it; another version of it has other fields and can't be compared. */
export function listedOf(inquiry: Inquiry, manifest: Manifest): LiveObject | undefined {
  const listed = inquiry.owned.get(identityOf(referenceOf(manifest.object)))
  return listed?.apiVersion === manifest.object.apiVersion ? listed : undefined
}

/** The live object, from the list or asked for. */
export async function liveOf(inquiry: Inquiry, manifest: Manifest): Promise<LiveObject | undefined> {
  return listedOf(inquiry, manifest) ?? retrying(() => inquiry.cluster.get(referenceOf(manifest.object)))
}
