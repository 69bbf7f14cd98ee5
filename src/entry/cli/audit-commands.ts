import type { AuditPage, AuditVerification } from '../../core/audit/documents.ts'
import { stringifyJson } from '../../core/model/json.ts'
import { auditLine, faultsText, verifiedText } from '../../core/report/audit-text.ts'
import type { AskAdmin } from '../../flows/operate/admin.ts'
import { type Actions, exit } from './program.ts'
import type { Terminal } from './terminal.ts'

/** The commands by which those who run the server check the audit log, and take a copy of it. */
export function auditCommands(ask: AskAdmin, terminal: Terminal): Pick<Actions, 'auditVerify' | 'auditExport'> {
  return {
    auditVerify: async ({ contains, output }) => {
      const answer = await ask('audit-verify', contains === undefined ? {} : { contains })
      const verification = answer as unknown as AuditVerification
      if (output === 'json') terminal.out(`${stringifyJson(answer, 2)}\n`)
      else if (verification.unbroken) terminal.out(verifiedText(verification))
      if (verification.unbroken) return exit.ok
      terminal.err(faultsText(verification))
      return exit.error
    },
    auditExport: async (options) => {
      for (let after: number | undefined; ; ) {
        const input = { ...options, ...(after === undefined ? {} : { after }) }
        const { events, next } = (await ask('audit-export', input)) as unknown as AuditPage
        terminal.out(events.map(auditLine).join(''))
        if (next === undefined) return exit.ok
        after = next
      }
    },
  }
}
