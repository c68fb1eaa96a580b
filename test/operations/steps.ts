import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isIceError, isIceErrors } from '../../src/catalogue/index.js'
import { refs } from '../../src/kubernetes/index.js'
import type { StepResult } from '../../src/operations/results.js'
import { step, type StepOptions } from '../../src/operations/step.js'
import type { StepOptionsBase } from '../../src/operations/step-session.js'
import { lookOf, stepOf, type Section, type StepAt, type StepObject } from '../../src/operations/steps/object.js'
import { Secret } from '../../src/secrets/index.js'
import { servers } from '../servers/index.js'
import { openScenario, type Scenario } from './scenario.js'

/** Steps on the real servers, which the scenario's file names; what they make is the scenario's. */
export interface Steps extends Scenario {
  /** As a step command does with its flags. */
  readonly step: (object: StepObject, name: string, section: Section, more?: More) => Promise<StepResult>
  readonly options: (object: StepObject, name: string, section: Section, more?: More) => StepOptions
  /** The options of what only looks. */
  readonly look: (at?: StepAt, auth?: object) => StepOptionsBase
}

interface More extends Partial<StepOptions> {
  readonly at?: StepAt
  /** Members of the section that only the existing object says. */
  readonly kept?: readonly string[]
}

export async function openSteps(): Promise<Steps> {
  const scenario = await openScenario()
  scenario.write(scenario.base())
  const common = () => {
    const { vaultAddress, token } = servers()
    Object.assign(process.env, { VAULT_ADDR: vaultAddress, VAULT_TOKEN: token })
    return {
      file: scenario.file,
      fileMustExist: true,
      emit: (event: Parameters<StepOptions['emit']>[0]) => void scenario.events.push(event),
      stop: new AbortController().signal,
    }
  }
  const options: Steps['options'] = (object, name, section, { at, kept, ...more } = {}) => ({
    ...common(),
    command: 'test',
    dryRun: false,
    step: stepOf(object, name, section, at, kept),
    ...more,
  })
  return {
    ...scenario,
    options,
    step: (...asked) => step(options(...asked)),
    look: (at, auth) => ({ ...common(), step: lookOf(at, auth) }),
  }
}

/** Takes from the environment what leads to Vault. */
export function noVault(): void {
  delete process.env['VAULT_ADDR']
  delete process.env['VAULT_TOKEN']
}

/** `create`, `update` … by address, without what was left alone. */
export const changed = ({ plan }: StepResult): Record<string, string> =>
  Object.fromEntries(
    plan.objects.filter(({ action }) => action !== 'none').map(({ address, action }) => [address, action]),
  )

/** The fields that one object changed. */
export const fieldsOf = ({ plan }: StepResult, address: string): string[] =>
  plan.objects.find((object) => object.address === address)?.changes.map(({ field }) => field) ?? []

/** The error that some work ends with, the first of several; fails where it ends well. */
export async function refused(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const [first] = isIceErrors(error) ? error.errors : [error]
  if (!isIceError(first)) throw new Error(`no refusal: ${String(error)}`)
  return { code: first.code, exit: first.exitCode, message: first.message, next: first.next }
}

/** A kubeconfig of somebody who may do nothing at all: a service account that nothing is bound to. */
export async function nobodysKubeconfig({ cluster, folder, id }: Scenario): Promise<string> {
  const namespace = `${id}-nobody`
  await cluster.create(refs.namespace(namespace), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  const account = refs.serviceAccount(namespace, 'nobody')
  await cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody', namespace } })
  const { token } = await cluster.requestToken({
    namespace,
    serviceAccount: 'nobody',
    audiences: [],
    expirationSeconds: 600,
  })
  const { apiServer, apiServerCA, context } = servers()
  const ca = readFileSync(apiServerCA).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: 'c', cluster: { server: apiServer, 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user: { token: Secret.reveal(token) } }],
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
  }
  const file = join(folder, 'nobody.json')
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return file
}
