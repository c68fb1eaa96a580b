import { DOCTOR, EXIT, VAULT, type CodeRecord, type IceError } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { obstacle, usedUp } from '../facts/vault-state.js'
import { health, mounts, operatorToken } from '../facts/vault.js'
import { ofError } from './of-error.js'

const isVault = ({ code }: IceError): boolean => Object.values<CodeRecord>(VAULT).some((record) => record.code === code)

/** What keeps a standby from leading to the active node; that there is no active one is another thing. */
const onTheWay: readonly CodeRecord[] = Object.values<CodeRecord>(VAULT).filter(
  ({ code, exit }) =>
    exit === EXIT.unreachable &&
    code !== VAULT.noActiveNode.code &&
    code !== VAULT.uninitialized.code &&
    code !== VAULT.sealed.code &&
    code !== VAULT.rateLimited.code,
)

/** The operator’s way to Vault, and the state that Vault is in. */
export const vaultChecks: readonly AnyCheck[] = [
  check({
    records: [VAULT.refused, ...Object.values(VAULT)],
    subject: 'vault',
    wants: { health: maybe(health) },
    judge: (_vault, { health }) => (health.known ? [] : [ofError(health.why)]),
  }),
  check({
    records: [DOCTOR.proxyInTheWay],
    subject: 'vault',
    wants: { obstacle },
    explains: onTheWay.map(({ code }) => code),
    judge: (_vault, { obstacle }) =>
      obstacle?.direct === undefined
        ? []
        : [
            {
              message: `Vault’s address answers without the proxy of ${obstacle.from}, and not through it.`,
              evidence: { [obstacle.from]: obstacle.proxy, 'answers without it': obstacle.direct },
              remedy: {
                manual: [
                  isAlways(obstacle.from)
                    ? `Unset ${obstacle.from}: it counts for Vault always, whatever NO_PROXY says.`
                    : `Add Vault’s host to NO_PROXY, or unset ${obstacle.from}.`,
                ],
              },
            },
          ],
  }),
  check({
    records: [VAULT.uninitialized],
    subject: 'vault',
    wants: { health },
    judge: (_vault, { health }) =>
      health.initialized
        ? []
        : [
            {
              message: 'Vault is not initialised: it has no keys and no data yet.',
              evidence: { version: health.version },
              remedy: { manual: ['Initialise it, and keep the unseal keys: vault operator init (bao operator init).'] },
            },
          ],
  }),
  check({
    records: [VAULT.sealed],
    subject: 'vault',
    wants: { health },
    judge: (_vault, { health }) =>
      health.initialized && health.sealed
        ? [
            {
              message: 'Vault is sealed: it answers nothing until it is unsealed.',
              evidence: { version: health.version },
              remedy: { manual: ['Unseal it: vault operator unseal (bao operator unseal), once for each key share.'] },
            },
          ]
        : [],
  }),
  check({
    records: [VAULT.tokenInvalid, ...Object.values(VAULT)],
    subject: 'vault',
    wants: { health, token: maybe(operatorToken), mounts: maybe(mounts) },
    judge(_vault, { health, token, mounts }) {
      // Said above, whatever asks.
      if (!health.initialized || health.sealed) return []
      // Without the default policy a token may not look itself up, and may be good for all else.
      const isOdd = token.known || token.why.code === VAULT.notPermitted.code
      const why = isOdd ? (mounts.known ? undefined : mounts.why) : token.why
      return why === undefined || !isVault(why) || why.code === VAULT.notPermitted.code ? [] : [ofError(why)]
    },
  }),
  check({
    records: [DOCTOR.standbyCannotForward],
    subject: 'vault',
    wants: { health, token: maybe(operatorToken) },
    explains: onTheWay.map(({ code }) => code),
    judge(_vault, { health, token }) {
      if (!health.standby || token.known || !onTheWay.some(({ code }) => code === token.why.code)) return []
      const { address, location } = token.why.details.evidence ?? {}
      const to = address ?? location
      return [
        {
          message: `This node is a standby, and what it cannot answer itself fails: ${token.why.message}`,
          evidence: { ...(to !== undefined && { 'sent to': to }), version: health.version },
          remedy: {
            manual: [
              'Use the address of the active node (on Kubernetes the Service vault-active).',
              'Or correct api_addr of the nodes: it must be an address that clients reach.',
            ],
          },
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.quotaExceeded],
    subject: 'vault',
    wants: { usedUp },
    explains: [VAULT.rateLimited.code],
    judge(_vault, { usedUp }) {
      if (usedUp === undefined) return []
      const rules = usedUp.map(({ name, path, rate, interval }) => [
        name,
        `${rate} requests in ${interval} s ${path === '' ? 'for the whole server' : `below ${path}`}`,
      ])
      return [
        {
          message: 'Vault answered 429 until the time limit: a rate limit quota is used up.',
          evidence: Object.fromEntries(rules) as Record<string, string>,
          remedy: { manual: ['Raise the rate (sys/quotas/rate-limit), or find the client that uses it up.'] },
        },
      ]
    },
  }),
]

/** Those that Vault’s own tools read count also for what NO_PROXY names. */
const isAlways = (variable: string): boolean => /^(?:VAULT|BAO)_/.test(variable)
