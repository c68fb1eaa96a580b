import { DOCTOR } from '../../catalogue/index.js'
import { check, type AnyCheck, type Problem } from '../contract.js'
import { deniedInCluster, deniedInVault, type Denied } from '../facts/denied.js'

/** What the operator may not see: what depends on it is not judged, and this says why. */
export const deniedChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.operatorLacksCapabilities],
    subject: 'vault',
    wants: { denied: deniedInVault },
    judge: (_vault, { denied }, { isWritten }) =>
      judged(denied, 'The operator’s token', [
        'Have the token given:',
        ...denied.map(({ at, needs }) => `path ${JSON.stringify(at)} { capabilities = ${JSON.stringify(needs)} }`),
        ...whole(isWritten, '--vault-policy'),
      ]),
  }),
  check({
    records: [DOCTOR.operatorLacksCapabilities],
    subject: 'cluster',
    wants: { denied: deniedInCluster },
    judge: ({ cluster }, { denied }, { isWritten }) =>
      judged(denied, `The kubeconfig’s account on ${cluster}`, [
        `Have it allowed to ${denied.map(({ at }) => at).join(', ')}.`,
        ...whole(isWritten, '--kubernetes'),
      ]),
  }),
]

const whole = (isWritten: boolean, flag: string): readonly string[] =>
  isWritten ? [`All that doctor needs for this file: icebreaker permissions --for doctor ${flag}`] : []

function judged(denied: readonly Denied[], who: string, manual: readonly string[]): readonly Problem[] {
  if (denied.length === 0) return []
  const evidence = Object.fromEntries(denied.map(({ at, needs }) => [at, needs.join(', ') || 'refused']))
  const message = `${who} may not read ${denied.length === 1 ? 'something' : `${denied.length} things`} that verdicts depend on: those stay unknown.`
  return [{ message, evidence, remedy: { manual } }]
}
