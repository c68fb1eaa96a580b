import { DOCTOR } from '../../catalogue/index.js'
import { advisoriesFor } from '../advisories.js'
import { check, maybe, type AnyCheck, type Problem } from '../contract.js'
import { auditDevices, clocks, place } from '../facts/vault-state.js'
import { health, mounts, operatorToken } from '../facts/vault.js'
import { codesOf } from './codes.js'

const SECOND = 1000
/** By how much Vault lets a token be from the future, and two seconds for what the answers round away, milliseconds. */
const LEEWAY = 62 * SECOND

/** A run with its verification needs minutes. */
const SOON_SECONDS = 300
const FEW_USES = 100

/** How Vault is kept. What only says how a server should be run is not said of one on this machine itself. */
export const vaultCareChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.noAuditDevice],
    subject: 'vault',
    wants: { place, devices: auditDevices },
    judge: (_vault, { place, devices }) =>
      place.isHere || devices.length > 0
        ? []
        : [
            {
              message: 'No audit device is enabled: who logged in, and who read what, is recorded nowhere.',
              remedy: {
                manual: [
                  'Enable two on the servers, for instance: vault audit enable file file_path=/var/log/vault/audit.log. OpenBao has them in its configuration file, as audit stanzas.',
                ],
              },
            },
          ],
  }),
  check({
    records: [DOCTOR.rootTokenInUse],
    subject: 'vault',
    wants: { place, token: operatorToken },
    judge: (_vault, { place, token }) =>
      place.isHere || !token.isRoot
        ? []
        : [
            {
              message: 'The operator’s token is a root token.',
              evidence: {
                'display name': token.displayName,
                expires: token.expireTime?.toISOString() ?? 'never',
              },
              remedy: {
                manual: [
                  'Log in with a policy that has what is needed: `icebreaker permissions` prints it. Then revoke the root token.',
                ],
              },
            },
          ],
  }),
  check({
    records: [DOCTOR.clockSkew],
    subject: 'vault',
    wants: { clocks },
    explains: codesOf(94).filter((code) => code === 'ICE9401' || code === 'ICE9402'),
    judge: (_vault, { clocks: { vault, clusters } }) => skews(vault, clusters),
  }),
  check({
    records: [DOCTOR.knownAdvisory],
    subject: 'vault',
    wants: { place, health, mounts: maybe(mounts) },
    judge(_vault, { place, health, mounts }) {
      if (place.isHere) return []
      if (!mounts.known || mounts.value.product === undefined)
        return { unknown: 'It is not known whether this is HashiCorp Vault or OpenBao.' }
      const { product } = mounts.value
      const known = advisoriesFor(product, health.version)
      if (known.length === 0) return []
      return [
        {
          message: `${product === 'vault' ? 'HashiCorp Vault' : 'OpenBao'} ${health.version} has ${known.length === 1 ? 'a weakness that is' : `${known.length} weaknesses that are`} published.`,
          evidence: Object.fromEntries(known.map(({ id, about, fixed }) => [id, `${about}; corrected in ${fixed}`])),
          remedy: { manual: ['Upgrade the servers.', ...known.map(({ link }) => link)] },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.tokenEndsSoon],
    subject: 'vault',
    wants: { token: operatorToken },
    judge(_vault, { token: { ttlSeconds, expireTime, numUses, renewable } }) {
      const ends = expireTime !== undefined && ttlSeconds < SOON_SECONDS
      const isSpent = numUses > 0 && numUses < FEW_USES
      if (!ends && !isSpent) return []
      return [
        {
          message: ends
            ? `The operator’s token ends in ${ttlSeconds} s.`
            : `The operator’s token may be used ${numUses} more times.`,
          evidence: {
            ...(expireTime !== undefined && { expires: expireTime.toISOString() }),
            ...(isSpent && { 'uses left': numUses }),
          },
          remedy: {
            manual: [ends && renewable ? 'Renew it: vault token renew (bao token renew).' : 'Log in again.'],
          },
        },
      ]
    },
  }),
]

/**
 * What clocks that are apart mean. A fresh token is refused where Vault is behind by more than its leeway; where it is ahead
 * tokens only end early. Which clock is off, three can tell.
 */
function skews(vault: number, clusters: Readonly<Record<string, number>>): readonly Problem[] {
  const apart = Object.entries(clusters).flatMap(([cluster, api]): Problem[] => {
    const ahead = vault - api
    if (Math.abs(ahead) <= LEEWAY) return []
    const off = Math.abs(vault) > LEEWAY ? (Math.abs(api) > LEEWAY ? undefined : 'Vault’s') : 'the API server’s'
    const far = `${seconds(ahead)} s ${ahead < 0 ? 'behind' : 'ahead of'}`
    return [
      {
        severity: ahead < 0 ? 'error' : 'warning',
        message: `Vault’s clock is ${far} that of the API server of ${cluster}: ${ahead < 0 ? 'fresh tokens are from the future for it' : 'tokens end early for it'}.`,
        evidence: {
          'Vault, seconds ahead of this machine': Math.round(vault / SECOND),
          'API server, seconds ahead of this machine': Math.round(api / SECOND),
        },
        remedy: {
          manual: [
            `Have the servers’ clocks follow NTP${off === undefined ? '' : `; it is ${off} that also differs from this machine’s`}.`,
          ],
        },
      },
    ]
  })
  if (apart.length > 0 || Math.abs(vault) <= LEEWAY || Object.keys(clusters).length === 0) return apart
  return [
    {
      severity: 'warning',
      message: `This machine’s clock is ${seconds(vault)} s ${vault < 0 ? 'ahead of' : 'behind'} those of the servers, which agree: what it says of lifetimes is wrong by that much.`,
      remedy: { manual: ['Have this machine’s clock follow NTP.'] },
    },
  ]
}

const seconds = (milliseconds: number): number => Math.round(Math.abs(milliseconds) / SECOND)
