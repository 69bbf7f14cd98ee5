import fc from 'fast-check'
import { type Fault, failures } from './faults.ts'
import type { End } from './life.ts'
import { anchors, type Note, notes, slots } from './pool.ts'

/** How a commit comes to the branch, and what follows it. */
export type Landing = {
  readonly via: 'merge' | 'push'
  /** `sync`: the webhook comes and all jobs run; `hook`: only the branch is read; `nothing`: the webhook is lost. */
  readonly next: 'sync' | 'hook' | 'nothing'
} & Disturbance

/** What comes between while jobs run: the process ends, or something else comes to the branch. */
export type Disturbance = { readonly end?: End; readonly meanwhile?: Meanwhile }

/** A change of what Git holds. Apps and slots are taken modulo how many there are. */
export type Edit =
  | {
      readonly do: 'set'
      readonly app: number
      readonly slot: number
      readonly value: number
      readonly note: Note
      readonly crash: boolean
    }
  | { readonly do: 'remove'; readonly app: number; readonly entry: number }
  | { readonly do: 'rename' | 'repath' | 'empty' | 'break' | 'drop-path' | 'mend' | 'drop-app'; readonly app: number }
  | { readonly do: 'add-app' | 'break-config' | 'mend-config' }
  | {
      readonly do: 'settings'
      readonly app: number
      readonly prune: boolean | 'confirm'
      readonly maxPrune: number
      readonly selfHeal: boolean
      readonly onFailure: 'hold' | 'rollback'
    }
  | { readonly do: 'revert' | 'force-back'; readonly by: number }

/** What comes to the branch, and is told of, or is asked for, before a write of a sync. */
export type Meanwhile = { readonly at: number } & ({ readonly edit: Edit } | { readonly order: Order })

/** A comment on a merged pull request. Numbers are taken modulo how much there is. */
export type Order = {
  /** The newest one is 0. */
  readonly pull: number
  /** An app that was synced for it; absent: none is named. */
  readonly named?: number
} & (
  | { readonly say: 'sync' | 'unlock' }
  | {
      readonly say: 'rollback'
      /** A commit at which an app was well, or a pull request; absent: the one from before. */
      readonly to?: 'commit' | 'pull'
      readonly which: number
      readonly dryRun: boolean
    }
)

/** What somebody else does to an object. */
const interferences = [
  'create',
  'create-with-our-label',
  'create-for-argo',
  'create-for-flux',
  'create-for-helm',
  'create-for-another-set',
  'edit',
  'take-for-argo',
  'strip-label',
  'protect',
  'delete',
  'recreate',
] as const

/** One step of a history. */
export type Command =
  | (Edit & Landing)
  | ({ readonly do: 'sync'; readonly wide: boolean } & Disturbance)
  | {
      readonly do: 'foreign'
      readonly what: (typeof interferences)[number]
      readonly slot: number
      readonly app: number
    }
  | ({ readonly do: 'fail' } & Readonly<Fault>)
  | { readonly do: 'cli'; readonly app: number; readonly accept: boolean }
  | { readonly do: 'lose-parent'; readonly app: number }
  | { readonly do: 'retry' | 'approve'; readonly app: number }
  | { readonly do: 'lock'; readonly app: number; readonly side: 'store' | 'parent' }
  | { readonly do: 'unlock'; readonly app: number }
  | { readonly do: 'freeze' | 'thaw' | 'lose-store' | 'swap-cluster' }
  /** One of the pull requests that Drydock opened is merged. */
  | ({ readonly do: 'merge-revert'; readonly which: number } & Landing)
  /** `later`: the command is read, and what it queues is not done yet. */
  | ({ readonly do: 'order'; readonly order: Order; readonly later: boolean } & Disturbance)

/** A history: how many apps there are at its beginning, which of them (1 is the first) has the object of each slot, and what happens then. */
export type Story = { readonly apps: number; readonly start: readonly number[]; readonly commands: readonly Command[] }

const app = fc.nat(3)
/** The apps' own objects move rarely. */
const slot = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: anchors, max: slots.length - 1 }) },
  { weight: 1, arbitrary: fc.nat(anchors - 1) },
)
const noteNames = Object.keys(notes) as Note[]
const note = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Note>('none') },
  { weight: 1, arbitrary: fc.constantFrom(...noteNames) },
)
const rarely = fc.nat(9).map((each) => each === 9)
const end: fc.Arbitrary<End> = fc.record({
  how: fc.constantFrom('killed', 'killed', 'aborted'),
  at: fc.nat(14),
  done: fc.boolean(),
})

const set = { do: fc.constant('set' as const), app, slot, value: fc.nat(3), note, crash: rarely }
const remove = { do: fc.constant('remove' as const), app, entry: fc.nat(5) }
const back = { do: fc.constantFrom('revert', 'force-back'), by: fc.integer({ min: 1, max: 3 }) }
const appEdit = {
  do: fc.constantFrom(
    'rename',
    'rename',
    'repath',
    'empty',
    'break',
    'drop-path',
    'drop-app',
    'mend',
    'mend',
    'mend',
    'mend',
  ),
  app,
}
const configEdit = { do: fc.constantFrom('add-app', 'add-app', 'break-config', 'mend-config', 'mend-config') }
const settings = {
  do: fc.constant('settings' as const),
  app,
  prune: fc.constantFrom(true, true, true, false, 'confirm' as const),
  maxPrune: fc.constantFrom(1, 10),
  selfHeal: fc.boolean(),
  onFailure: fc.constantFrom('hold', 'rollback'),
}
const pull = fc.nat(3)
const named = fc.option(fc.nat(3), { nil: undefined })
const rollback = fc.record({
  say: fc.constant('rollback' as const),
  pull,
  named,
  to: fc.constantFrom(undefined, undefined, undefined, 'commit' as const, 'pull' as const),
  which: fc.nat(5),
  dryRun: rarely,
})
const order = fc.oneof(
  { weight: 4, arbitrary: rollback },
  { weight: 3, arbitrary: fc.record({ say: fc.constantFrom('sync' as const, 'unlock' as const), pull, named }) },
) as fc.Arbitrary<Order>
const meanwhile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.nat(12),
      edit: fc.oneof(fc.record(set), fc.record(remove), fc.record(back)) as fc.Arbitrary<Edit>,
    }),
  },
  { weight: 1, arbitrary: fc.record({ at: fc.nat(12), order }) },
)
const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ end }) },
  { weight: 1, arbitrary: fc.record({ meanwhile }) },
)
const landing = fc
  .record({
    via: fc.constantFrom('merge', 'push'),
    next: fc.constantFrom('sync', 'sync', 'sync', 'hook', 'nothing'),
    disturbance,
  })
  .map(({ disturbance, ...rest }) => ({ ...rest, ...(rest.next === 'nothing' ? {} : disturbance) }))
/** An edit that comes to the branch. */
function landed(edit: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return fc.tuple(fc.record(edit), landing).map(([one, other]) => ({ ...one, ...other }))
}
const sync = fc
  .record({ do: fc.constant('sync' as const), wide: fc.boolean(), disturbance })
  .map(({ disturbance, ...rest }) => ({ ...rest, ...disturbance }))
const ordered = fc
  .record({ do: fc.constant('order' as const), order, later: rarely, disturbance })
  .map(({ disturbance, ...rest }) => ({ ...rest, ...disturbance }))
const foreign = fc.record({ do: fc.constant('foreign' as const), what: fc.constantFrom(...interferences), slot, app })
const fail = fc.record({
  do: fc.constant('fail' as const),
  how: fc.constantFrom(...failures),
  skip: fc.nat(8),
  count: fc.integer({ min: 1, max: 3 }),
})
const cli = fc.record({ do: fc.constant('cli' as const), app, accept: fc.boolean() })
const loss = fc.oneof(
  fc.record({ do: fc.constantFrom('lose-store', 'lose-store', 'swap-cluster') }),
  fc.record({ do: fc.constant('lose-parent' as const), app }),
)
const hold = fc.oneof(
  fc.record({ do: fc.constantFrom('unlock', 'approve', 'approve', 'retry', 'retry'), app }),
  fc.record({ do: fc.constant('lock' as const), app, side: fc.constantFrom('store', 'parent') }),
  fc.record({ do: fc.constantFrom('freeze', 'thaw', 'thaw') }),
)

const command = fc.oneof(
  { weight: 10, arbitrary: landed(set) },
  { weight: 8, arbitrary: landed(remove) },
  { weight: 4, arbitrary: landed(appEdit) },
  { weight: 1, arbitrary: landed(configEdit) },
  { weight: 2, arbitrary: landed(settings) },
  { weight: 2, arbitrary: landed(back) },
  { weight: 2, arbitrary: sync },
  { weight: 8, arbitrary: ordered },
  { weight: 3, arbitrary: landed({ do: fc.constant('merge-revert'), which: fc.nat(3) }) },
  { weight: 4, arbitrary: foreign },
  { weight: 3, arbitrary: fail },
  { weight: 1, arbitrary: cli },
  { weight: 2, arbitrary: loss },
  { weight: 3, arbitrary: hold },
) as fc.Arbitrary<Command>

/** Any history. */
export const aStory: fc.Arbitrary<Story> = fc.record({
  apps: fc.integer({ min: 1, max: 4 }),
  start: fc.array(fc.nat(5), { minLength: slots.length, maxLength: slots.length }),
  commands: fc.array(command, { minLength: 2, maxLength: 16, size: 'max' }),
})

/** A history as it can be copied into a test. */
export function tell({ apps, start, commands }: Story): string {
  const lines = commands.map((each) => `    ${literal(each)},`)
  return `{\n  apps: ${apps},\n  start: [${start.join(', ')}],\n  commands: [\n${lines.join('\n')}\n  ],\n}`
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const said = Object.entries(value).filter(([, each]) => each !== undefined)
  const fields = said.map(([key, each]) => `${key}: ${literal(each)}`)
  return `{ ${fields.join(', ')} }`
}
