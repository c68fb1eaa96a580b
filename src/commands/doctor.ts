import { DoctorCommand, doctorFlags, doctorOptions, examineFlags } from './base/doctor-command.js'
import { defined } from './base/flags.js'
import { mountFlag } from './base/place.js'

export default class Doctor extends DoctorCommand {
  static override summary = 'Find out why logins fail, with evidence, and what mends it.'

  static override description = `Examines Vault, the auth mounts, their config, the way from Vault to each API server, the reviewer, every role, the policies, the engines, and what consumes secrets in the clusters: those of the file, or, without one, those that Vault has. One fault is told once, as its root cause. It only reads; --probe allows it to make scratch objects, which it removes again, and on a terminal it asks.`

  static override examples = [
    { description: 'What is wrong?', command: '<%= config.bin %> doctor' },
    {
      description: 'In a pipeline, with scratch objects and logins allowed',
      command: '<%= config.bin %> doctor --probe -o junit',
    },
    { description: 'Without a file: one auth mount', command: '<%= config.bin %> doctor --path kubernetes --probe' },
    {
      description: 'A report for a ticket, without secrets',
      command: '<%= config.bin %> doctor --probe --bundle report.json',
    },
  ]

  static override flags = { ...doctorFlags, ...mountFlag, ...examineFlags }

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor)
    if (flags.list) return this.list(flags)
    await this.examine(flags, {
      ...doctorOptions(flags),
      scope: { ...defined({ mount: flags.path, cluster: flags.cluster }), everyLogin: flags['every-login'] },
    })
  }
}
