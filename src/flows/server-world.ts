import type { Forges, Git, Store } from './ports.ts'
import type { Packing } from './state-ports.ts'
import type { Overtaking } from './sync/overtaking.ts'
import type { Workshop } from './world.ts'

/** What the flows of the server need of the world. */
export type ServerWorld = Workshop & {
  readonly git: Git
  readonly forges: Forges
  readonly store: Store
  /** How the objects of a sync are kept. */
  readonly packing: Packing
  readonly overtaking: Overtaking
  /** Makes an id that is new. */
  readonly newId: () => string
  /** Secret under which states of live objects are kept with plans: nobody can guess a value from its state. */
  readonly stateKey: string
}
