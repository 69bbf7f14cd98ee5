import type { Edit } from './commands.ts'
import { anchors, slots } from './pool.ts'
import { type ModelApp, newApp, type Tree } from './tree.ts'

/** The tree after an edit; the same one where there is nothing to edit. `revert` and `force-back` are not for here. */
export function edited(tree: Tree, edit: Edit): Tree {
  if (edit.do === 'break-config') return { ...tree, brokenConfig: true }
  if (edit.do === 'mend-config') return { ...tree, brokenConfig: false }
  if (edit.do === 'add-app') return withNewApp(tree)
  if (!('app' in edit)) return tree
  const app = tree.apps[edit.app % Math.max(1, tree.apps.length)]
  if (!app) return tree
  const put = (change: Partial<ModelApp>): Tree => ({
    ...tree,
    apps: tree.apps.map((each) => (each === app ? { ...each, ...change } : each)),
  })
  switch (edit.do) {
    case 'set': {
      const { value, note, crash } = edit
      const slot = edit.slot % slots.length
      const entry = { slot, value, note, ...(crash ? { crash } : {}) }
      // An object has one place: set in another app, it moves there.
      const apps = tree.apps.map((each) => ({ ...each, entries: each.entries.filter((other) => other.slot !== slot) }))
      return {
        ...tree,
        apps: apps.map((each) => (each.name === app.name ? { ...each, entries: [...each.entries, entry] } : each)),
      }
    }
    case 'remove': {
      // An app's own object stays: an app without any is rendered to nothing, which is another edit.
      const others = app.entries.filter((each) => each.slot >= anchors)
      const gone = others[edit.entry % Math.max(1, others.length)]
      return put({ entries: app.entries.filter((each) => each !== gone) })
    }
    case 'rename': {
      const name = app.name.endsWith('-2') ? app.name.slice(0, -2) : `${app.name}-2`
      return tree.apps.some((each) => each.name === name) ? tree : put({ name })
    }
    case 'repath':
      return put({
        path: app.path.startsWith('apps/')
          ? app.path.replace('apps/', 'elsewhere/')
          : app.path.replace('elsewhere/', 'apps/'),
      })
    case 'empty':
      return put({ condition: 'empty' })
    case 'break':
      return put({ condition: 'broken' })
    case 'drop-path':
      return put({ condition: 'missing' })
    case 'mend':
      return { ...tree, apps: tree.apps.map((each) => ({ ...each, condition: 'good' })) }
    case 'drop-app':
      return tree.apps.length > 1 ? { ...tree, apps: tree.apps.filter((each) => each !== app) } : tree
    case 'settings': {
      const { prune, maxPrune, selfHeal, onFailure } = edit
      return put({ prune, maxPrune, selfHeal, onFailure })
    }
  }
}

function withNewApp(tree: Tree): Tree {
  const taken = new Set(tree.apps.flatMap((each) => [each.name.replace(/-2$/, ''), each.path.split('/')[1]]))
  const used = new Set(tree.apps.flatMap((each) => each.entries.map((entry) => entry.slot)))
  const free = [0, 1, 2, 3].map(newApp).find((each) => !taken.has(each.name))
  if (!free) return tree
  return { ...tree, apps: [...tree.apps, { ...free, entries: free.entries.filter((entry) => !used.has(entry.slot)) }] }
}
