import type { ReviewerResult } from '../../operations/look-results.js'
import type { ReviewerState } from '../../operations/reviewer-state.js'
import type { ReviewerShowResult } from '../../operations/reviewer-show.js'
import type { ReviewerTokenResult } from '../../operations/reviewer-token.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'

export function reviewerText(result: Told<ReviewerResult>, theme: Theme): string {
  return result.operation === 'reviewer show' ? showText(result, theme) : tokenText(result, theme)
}

type State = Told<ReviewerState>
type Claims = NonNullable<State['secret']['claims']>

function showText(result: Told<ReviewerShowResult>, theme: Theme): string {
  const { namespace, serviceAccount, cluster } = result
  const head = theme.bold(`Reviewer ${namespace}/${serviceAccount} on cluster ${cluster}`)
  return `${[head, ...stateLines(result)].join('\n')}\n\n${verdictLines(result, theme).join('\n')}\n`
}

/** What it is made of, each with whether it is there. */
export function stateLines({ account, binding, mayReview, mode, secret }: State): string[] {
  const may = { true: 'yes', false: 'NO', undefined: 'not known: this user may not ask' }[String(mayReview)] ?? ''
  const claims = secret.claims === undefined ? [] : claimRows(secret.claims)
  const filled = !secret.exists ? '' : secret.filled ? ', filled' : ', NOT FILLED'
  return table([
    ['  Account', account.name, stand(account)],
    ['  Binding', binding.name, stand(binding)],
    ['  May review tokens', may],
    ['  Secret', secret.name, `${stand(secret)}${filled}${mode === 'secret' ? '' : ` (token: ${mode} needs none)`}`],
    ...claims,
  ])
}

function stand({ exists, unknown, owner }: State['account']): string {
  if (unknown !== undefined) return `not known: ${unknown}`
  if (!exists) return 'MISSING'
  return owner === undefined ? 'there, made by others' : `there, made by ${owner}`
}

/** What is ready, or lacks, and what to type. */
export function verdictLines({ missing, mode, namespace, serviceAccount }: State, theme: Theme): string[] {
  if (missing.length === 0)
    return [
      theme.good(mode === 'pod' ? 'Ready: Vault may ask with its own token.' : 'Ready: Vault can be given its token.'),
    ]
  const isUsual = `${namespace}/${serviceAccount}` === 'vault-auth/vault-reviewer'
  return [
    theme.bad('NOT READY. It lacks:'),
    ...missing.map((what) => `  ${what}`),
    `Next: icebreaker reviewer create${isUsual ? '' : ` --namespace ${namespace} --service-account ${serviceAccount}`}`,
  ]
}

function claimRows({ issuer, subject, audiences, issuedAt, expiresAt, boundTo }: Claims): string[][] {
  return [
    ['  Token of', subject ?? '(no subject)'],
    ['  Issuer', issuer ?? '(none)'],
    ['  Audience', audiences.length === 0 ? '(none: the API server’s)' : audiences.join(', ')],
    ...(issuedAt === undefined ? [] : [['  Issued', issuedAt]]),
    ['  Expires', expiresAt ?? 'never'],
    ...(boundTo === undefined ? [] : [['  Ends with', `${boundTo.kind} ${boundTo.name}`]]),
  ]
}

function tokenText(result: Told<ReviewerTokenResult>, theme: Theme): string {
  const { namespace, serviceAccount, cluster, from, secret, token, savedTo, claims, ended } = result
  const source = from === 'secret' ? `from the Secret ${namespace}/${secret}` : 'by TokenRequest'
  const head = theme.bold(`Token of ${namespace}/${serviceAccount} on cluster ${cluster}, ${source}`)
  const rows = [...(savedTo === undefined ? [] : [['  Saved to', savedTo]]), ...(claims ? claimRows(claims) : [])]
  const end =
    from === 'secret'
      ? []
      : [ended ? 'It was ended again: nobody was given it.' : `Deleting the Secret ${namespace}/${secret} ends it.`]
  const masked =
    token === '(secret)' && savedTo === undefined ? ['--show-secret prints it, --secret-out FILE writes it.'] : []
  return `${[head, `  ${token}`, ...table(rows), ...end, ...masked].join('\n')}\n`
}
