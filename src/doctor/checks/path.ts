import { DOCTOR, KUBERNETES, type CodeRecord } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { handshake, met, writtenConfig } from '../facts/mount.js'
import { authorities, fresh, kinship, way } from '../facts/path.js'
import { recordedConfig } from '../facts/record.js'
import type { MountSubject } from '../subject.js'
import { isOfTheWay, judgeFromHere, judgeWay } from './path-judge.js'

const RECORDS = [
  DOCTOR.hostNameUnknown,
  DOCTOR.hostLoopback,
  DOCTOR.hostRefused,
  DOCTOR.hostTimesOut,
  DOCTOR.hostNotKubernetes,
  DOCTOR.hostRejectsTokens,
  DOCTOR.hostOtherCluster,
  DOCTOR.caMismatch,
  DOCTOR.caRotated,
  DOCTOR.hostTLSName,
  DOCTOR.tlsTooOld,
  DOCTOR.vaultProxy,
  KUBERNETES.expired,
  KUBERNETES.serverError,
] as const satisfies readonly CodeRecord[]

/** What follows from a way that does not lead to the cluster: no login can pass. */
const CONSEQUENCES: readonly CodeRecord['code'][] = [
  DOCTOR.loginRefused.code,
  DOCTOR.tokenOfAnotherCluster.code,
  DOCTOR.configWiped.code,
]

const isKubernetes = ({ method }: MountSubject): boolean => method === 'kubernetes'

/** The way from Vault to the API server: by what Vault itself meets, and, as far as that proves anything, from here. */
export const pathChecks: readonly AnyCheck[] = [
  check({
    records: RECORDS,
    subject: 'mount',
    wants: {
      way,
      met: maybe(met),
      config: writtenConfig,
      handshake: maybe(handshake),
      authorities: maybe(authorities),
      kin: maybe(kinship),
      record: maybe(recordedConfig),
    },
    applies: isKubernetes,
    explains: CONSEQUENCES,
    judge: (subject, { met, ...known }, scene) => judgeWay({ subject, scene, ...known }, known.way, met),
  }),
  check({
    records: [DOCTOR.caMismatch, DOCTOR.caRotated, DOCTOR.hostTLSName],
    subject: 'mount',
    wants: {
      config: writtenConfig,
      way: maybe(way),
      handshake: maybe(handshake),
      authorities: maybe(authorities),
      kin: maybe(kinship),
      record: maybe(recordedConfig),
    },
    applies: isKubernetes,
    explains: CONSEQUENCES,
    // What Vault itself meets is judged above.
    judge: (subject, { way, ...known }, scene) => (way.known ? [] : judgeFromHere({ subject, scene, ...known })),
  }),
  check({
    records: [DOCTOR.connectionPooled],
    subject: 'mount',
    wants: { config: writtenConfig, met, fresh },
    applies: isKubernetes,
    explains: CONSEQUENCES,
    judge({ mount }, { met, fresh: { met: anew } }) {
      const evidence = { 'over the connection it has': met.said, 'over a new one': anew.said }
      if (met.reached && isOfTheWay(anew.kind))
        return [
          {
            severity: 'warning',
            message: `Logins at auth/${mount} still go over a connection from before: a new one fails, and so will they, within minutes.`,
            evidence,
            remedy: { manual: ['Do not trust that logins pass now: mend what the new connection meets.'] },
          },
        ]
      if (!anew.reached || !isOfTheWay(met.kind)) return []
      return [
        {
          message: `The config of auth/${mount} is right, and Vault goes on over a connection that fails.`,
          evidence,
          remedy: {
            manual: [
              'Wait two minutes without logins, until Vault has closed the connection; or restart Vault. If it comes back, something between the two closes or cuts idle connections.',
            ],
          },
        },
      ]
    },
  }),
]
