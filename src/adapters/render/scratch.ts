import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scratch } from '../../flows/ports.ts'

/** Folders for one use each, readable by this user only, with names that can't be guessed. Default parent: the system's. */
export function scratchIn(parent: string | undefined): Scratch {
  return async (use) => {
    if (parent !== undefined) await mkdir(parent, { recursive: true })
    const folder = await realpath(await mkdtemp(join(parent ?? tmpdir(), 'drydock-')))
    try {
      return await use(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
