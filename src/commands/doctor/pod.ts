import * as Args from '@oclif/core/args'
import { DoctorCommand, doctorFlags, doctorOptions } from '../base/doctor-command.js'
import { defined } from '../base/flags.js'
import { mountFlag } from '../base/place.js'

export default class DoctorPod extends DoctorCommand {
  static override summary = 'Find out why a pod gets no secrets.'

  static override description = `Works out by which way the pod asks for secrets (annotations of the injector, a volume of the CSI driver, or an operator that fills a Secret which it reads) and which login that means, and examines it: the auth mount, the role, the reviewer, the token. With --probe the login is done as it would be. Where the pod asks by no way that doctor knows, the logins that its service account may do are examined.`

  static override examples = [
    {
      description: 'Why does this pod not start?',
      command: '<%= config.bin %> doctor pod app/exampleapp-6d5f8c9b7-x2k4q --probe',
    },
    {
      description: 'On another cluster of the file',
      command: '<%= config.bin %> doctor pod app/exampleapp-0 --cluster production',
    },
  ]

  static override args = {
    pod: Args.string({ required: true, ignoreStdin: true, description: 'NAMESPACE/NAME of the pod.' }),
  }

  static override flags = { ...doctorFlags, ...mountFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DoctorPod)
    const options = doctorOptions(flags)
    await this.examine(
      flags,
      async () => {
        const { podScope } = await import('../../operations/doctor/pod.js')
        const where = defined({ cluster: flags.cluster, mount: flags.path })
        return { ...options, scope: {}, pod: await podScope(options, args.pod, where) }
      },
      'doctor pod',
    )
  }
}
