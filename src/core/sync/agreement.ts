import { type Problem, problem } from '../model/errors.ts'
import { homeNamespace, type Inventory, type Lock, type Pin, parentName } from '../model/inventory.ts'
import { isGivenAway } from './renames.ts'

/** What the store knows of an app on its cluster. */
export type KnownState = {
  readonly clusterUID: string
  readonly revision?: string
  readonly digest?: string
  readonly lock?: Lock
  readonly pin?: Pin
}

/** What store and parent object say together. */
export type Agreement =
  | { readonly kind: 'agree' }
  /** The store is to be set to this: what the parent says is right. */
  | { readonly kind: 'restore'; readonly state: KnownState }
  | { readonly kind: 'hold'; readonly problem: Problem }

/** What both say, and where. */
export type AgreementFacts = {
  readonly app: string
  /** Name of the cluster in the server's configuration. */
  readonly cluster: string
  readonly branch: string
  /** UID of the cluster that answers to that name now. */
  readonly clusterUID: string
  readonly stored?: KnownState | undefined
  readonly parent: Inventory
  /** Does the branch contain the parent's revision? `false` where the parent has none. */
  readonly contained: boolean
}

/**
 * Whether the store and the parent object on the cluster agree on what was synced last. After a lost or older database,
 * and after a cluster was swapped, nothing may be synced or pruned by what only one of them believes:
 *
 * - neither knows a revision: the app is new;
 * - only the parent does (a lost database): it is right if the branch contains its revision;
 * - only the store does: the parent is gone, or the cluster is another one; but where the parent says that it was given to
 *   an app of another name, this name is free again;
 * - both, on the same cluster: the parent is right (a sync by the command line, an older backup of the database);
 * - both, on another cluster: the parent is right if the branch contains its revision.
 */
export function agreementOf(facts: AgreementFacts): Agreement {
  const { stored, parent, clusterUID, contained } = facts
  if (!stored?.revision && !parent.revision) return { kind: 'agree' }
  if (!parent.revision) {
    const free = stored?.clusterUID === clusterUID && isGivenAway(parent)
    return free ? { kind: 'restore', state: stateOf(facts) } : { kind: 'hold', problem: parentGone(facts) }
  }
  const same = stored?.revision !== undefined && stored.clusterUID === clusterUID
  if (same && stored.revision === parent.revision && stored.digest === parent.digest) return { kind: 'agree' }
  if (same || contained) return { kind: 'restore', state: stateOf(facts) }
  return { kind: 'hold', problem: stored?.revision ? otherCluster(facts) : unknownRevision(facts) }
}

/** Marks that the store knows of stay as they are there; those of the parent count beside them. */
function stateOf({ stored, parent, clusterUID }: AgreementFacts): KnownState {
  const { lock, pin } = stored ?? parent.marks ?? {}
  return {
    clusterUID,
    ...(parent.revision ? { revision: parent.revision } : {}),
    ...(parent.digest ? { digest: parent.digest } : {}),
    ...(lock ? { lock } : {}),
    ...(pin ? { pin } : {}),
  }
}

function unknownRevision({ app, cluster, branch, parent }: AgreementFacts): Problem {
  return problem(
    'held',
    `${app} was synced to ${short(parent.revision)} on ${cluster}, which ${branch} does not contain, and Drydock's database knows nothing of it.`,
    { hint: release(app, `If ${branch} is right`) },
  )
}

function parentGone(facts: AgreementFacts): Problem {
  const { app, cluster, stored, parent, clusterUID } = facts
  if (stored && stored.clusterUID !== clusterUID) return otherCluster(facts)
  const name = `${homeNamespace}/${parentName(parent.repository, app)}`
  return problem(
    'held',
    `${app} was synced to ${short(stored?.revision)} on ${cluster}, but its inventory there (ConfigMap ${name}) is gone.`,
    { hint: `Restore the ConfigMap from a backup. ${release(app, 'If the cluster was emptied on purpose')}` },
  )
}

function otherCluster({ app, cluster, stored, clusterUID }: AgreementFacts): Problem {
  return problem(
    'held',
    `The cluster "${cluster}" is not the one that ${app} was synced to: it was ${stored?.clusterUID}, now it is ${clusterUID}.`,
    {
      hint: `Check the server's configuration and kubeconfig. ${release(app, 'If the cluster was replaced on purpose')}`,
    },
  )
}

/** A sync from the command line writes the parent anew, from a commit that somebody chose. */
function release(app: string, when: string): string {
  return `${when}, run \`npx drydock sync --app ${app}\` in a checkout of it, then \`/sync ${app}\`.`
}

function short(revision: string | undefined): string {
  return (revision ?? '').slice(0, 7)
}
