import type { App } from '../../core/model/app.ts'
import type { Inventory } from '../../core/model/inventory.ts'
import { adoptInventory, formerNames, isVacant, renamesBetween, vacated } from '../../core/sync/renames.ts'
import type { Cluster, ClusterWriter, GitRepository } from '../ports.ts'
import { readConfig } from '../render/read-config.ts'
import { parentsOf } from './parents.ts'
import type { AppRequest } from './plan-app.ts'

type Question = Pick<AppRequest, 'app' | 'repository' | 'repositoryName' | 'head'>

/**
 * The inventory of an app on its cluster. An app that has none and is sure to be a renamed one gets that of the name it had
 * (see {@link renamesBetween}), as if it were its own: `from`. Whether it was renamed is told by what is on the cluster: the
 * configuration at the revision that the old name was synced to, compared with that at the commit. Writes nothing.
 */
export async function inventoryFor(
  request: Question,
  cluster: Cluster,
): Promise<{ readonly inventory: Inventory; readonly from?: string }> {
  const { app, repositoryName } = request
  const own = await cluster.inventory(repositoryName, app.name)
  if (!isVacant(own)) return { inventory: own }
  const names = [...(await parentsOf(cluster, repositoryName)).values()].filter((name) => name !== app.name)
  if (names.length === 0) return { inventory: own }
  const now = await appsAt(request.repository, request.head)
  for (const name of names) {
    if (!now || now.some((each) => each.name === name)) continue
    const old = await cluster.inventory(repositoryName, name)
    if (old.revision === undefined || !(await isRename(request, now, old))) continue
    return { inventory: adoptInventory(own, old), from: name }
  }
  return { inventory: own }
}

async function isRename({ app, repository }: Question, now: readonly App[], old: Inventory): Promise<boolean> {
  const { revision } = old
  if (revision === undefined) return false
  const before = await repository.fetch([revision]).then(
    () => appsAt(repository, revision),
    // A revision that is gone tells nothing: the old objects stay where they are.
    () => undefined,
  )
  return renamesBetween(before ?? [], now).some((each) => each.from === old.app && each.to === app.name)
}

/** The configured apps at a commit; `undefined`: that can't be read, or nothing is configured. */
async function appsAt(repository: GitRepository, treeish: string): Promise<readonly App[] | undefined> {
  const config = await readConfig(repository, treeish).catch(() => undefined)
  return config?.discovered ? undefined : config?.apps
}

/**
 * Empties the inventories that an app adopted; to be called once the app's own is saved. A crash between the two leaves
 * both, and the next sync ends it. Safe to do twice.
 */
export async function retireFormer(cluster: Cluster, writer: ClusterWriter, inventory: Inventory): Promise<void> {
  for (const name of formerNames(inventory)) {
    const old = await cluster.inventory(inventory.repository, name)
    if (isVacant(old)) continue
    // What was marked there since it was read goes along.
    await cluster.saveMarks(inventory.repository, inventory.app, (marks) => ({ ...old.marks, ...marks }))
    await writer.saveInventory(vacated(old))
  }
}
