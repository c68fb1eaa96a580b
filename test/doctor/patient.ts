import { execa } from 'execa'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installServer } from '../../src/sandbox/index.js'
import type { FileInput } from '../../src/config/schema.js'
import { doctor } from '../../src/operations/doctor/index.js'
import type { DoctorOptions, DoctorResult, TypedFinding } from '../../src/operations/doctor/types.js'
import type { Scope } from '../../src/doctor/scope.js'
import { lookOf } from '../../src/operations/steps/object.js'
import { RUN } from '../cli/process.js'
import { servers } from '../servers/index.js'
import { openScenario, type Scenario, type ScenarioOptions } from '../operations/scenario.js'

/** A trust on the real servers that a test breaks, and doctor examines. */
export interface Patient extends Scenario {
  /** What was applied. */
  readonly healthy: FileInput
  /** Examines what the file says, with scratch objects allowed. */
  readonly examine: (scope?: Scope, more?: Partial<DoctorOptions>) => Promise<DoctorResult>
  /** The same without the file, by flags alone: the auth mount of the patient. */
  readonly examineUnwritten: (scope?: Scope, more?: Partial<DoctorOptions>) => Promise<DoctorResult>
  /** Types what a finding says, as it is printed. @throws where a command fails */
  readonly follow: (finding: TypedFinding) => Promise<void>
}

/** The smallest trust that lets somebody in: one workload, one role, one policy on a KV engine. */
export function smallTrust({ base, id }: Pick<Scenario, 'base' | 'id'>): FileInput {
  return {
    ...base(),
    namespaces: { [`${id}-app`]: {} },
    serviceAccounts: [`${id}-app/app`],
    engines: { [`${id}-kv`]: { type: 'kv', secrets: { creds: { username: { literal: 'app' } } } } },
    policies: { [`${id}-read`]: { grants: [`read kv ${id}-kv/creds`] } },
    roles: {
      app: {
        serviceAccounts: ['app'],
        namespaces: [`${id}-app`],
        policies: [`${id}-read`],
        audience: 'vault',
        tokenTTL: '10m',
      },
    },
  }
}

/** Applies a trust of its own, whose names begin with an id of its own. `close` removes all of it. */
export async function openPatient(
  trust: (scenario: Scenario) => FileInput = smallTrust,
  options: ScenarioOptions = {},
): Promise<Patient> {
  const scenario = await openScenario(options)
  const healthy = trust(scenario)
  scenario.write(healthy)
  await scenario.apply()
  const server = servers()
  const common = (scope: Scope, more: Partial<DoctorOptions>): DoctorOptions => ({
    ...scenario.fileOptions(),
    step: lookOf({ path: scenario.id, section: { context: server.context } }, {}),
    scope,
    only: [],
    skip: [],
    probe: true,
    ...more,
  })
  return {
    ...scenario,
    healthy,
    examine: (scope = {}, more = {}) => doctor({ ...common(scope, more), fileMustExist: true }),
    examineUnwritten: (scope = {}, more = {}) =>
      doctor({
        ...common({ mount: scenario.id, all: false, ...scope }, more),
        file: join(scenario.folder, 'none.yaml'),
        kubeconfig: server.kubeconfig,
        vaultCaFile: server.caFile,
      }),
    follow: (finding) => follow(finding, scenario),
  }
}

/** The codes of the errors, in order. */
export const errors = ({ findings }: DoctorResult): string[] =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)

/** The codes of all that was found. */
export const codes = ({ findings }: DoctorResult): string[] => findings.map(({ code }) => code)

/** The finding with this code; fails where there is none. */
export function findingOf(result: DoctorResult, code: string): TypedFinding {
  const found = result.findings.find((finding) => finding.code === code)
  if (found === undefined) throw new Error(`${code} was not found, but: ${codes(result).join(', ') || 'nothing'}`)
  return found
}

/** In a shell with icebreaker, kubectl, vault and bao, and an operator's environment, in the folder of the file. */
async function follow({ code, remedy }: TypedFinding, { folder }: Scenario): Promise<void> {
  if (remedy.commands.length === 0) throw new Error(`the remedy of ${code} has no commands`)
  const programs = join(folder, 'bin')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'icebreaker'), `#!/bin/sh\nexec '${process.execPath}' '${RUN}' "$@"\n`)
  chmodSync(join(programs, 'icebreaker'), 0o755)
  const { product, kubeconfig, vaultAddress, caFile, token, postgres } = servers()
  const install = (name: 'kubectl' | 'vault' | 'bao') => installServer(name, { emit: () => undefined })
  const [kubectl, ofVault] = await Promise.all([install('kubectl'), install(product === 'vault' ? 'vault' : 'bao')])
  for (const [name, target] of Object.entries({ kubectl, vault: ofVault, bao: ofVault }))
    if (!existsSync(join(programs, name))) symlinkSync(target, join(programs, name))
  const env = {
    PATH: [programs, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
    HOME: folder,
    KUBECONFIG: kubeconfig,
    VAULT_ADDR: vaultAddress,
    VAULT_CACERT: caFile,
    VAULT_TOKEN: token,
    BAO_ADDR: vaultAddress,
    BAO_CACERT: caFile,
    BAO_TOKEN: token,
    PGPASSWORD: postgres.vault.password,
  }
  await execa('/bin/sh', ['-e', '-c', remedy.commands.join('\n')], {
    env,
    extendEnv: false,
    cwd: folder,
    stdin: 'ignore',
  })
}
