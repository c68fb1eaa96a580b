import type { AuthListResult } from '../../operations/auth-list.js'
import type { AuthLoginResult } from '../../operations/auth-login.js'
import type { AuthShowResult } from '../../operations/auth-show.js'
import type { AuthResult } from '../../operations/look-results.js'
import { count, shellQuote, table } from '../text.js'
import type { Theme } from '../theme.js'
import type { Told } from '../told.js'
import { fieldLines, otherLines } from './fields.js'

export function authText(result: Told<AuthResult>, theme: Theme): string {
  const blocks = {
    'auth show': () => showBlocks(result as Told<AuthShowResult>, theme),
    'auth list': () => listBlocks(result as Told<AuthListResult>, theme),
    'auth login': () => loginBlocks(result as Told<AuthLoginResult>, theme),
  }[result.operation]()
  return `${blocks.join('\n\n')}\n`
}

function showBlocks({ path, type, accessor, mount, config }: Told<AuthShowResult>, theme: Theme): string[] {
  const head = [theme.bold(`Auth mount ${path}`), `  accessor ${accessor}`, ...fieldLines(mount, theme)]
  if (config === undefined) {
    const why =
      type === 'kubernetes'
        ? `It has no config: nobody can log in.\nNext: icebreaker auth configure --path ${shellQuote(path)}`
        : `It is of the type ${type}: its config is not looked at.`
    return [head.join('\n'), why]
  }
  const { fields, others, reviewerTokenSet } = config
  const token = { true: 'set (Vault never shows it)', false: 'NOT SET: Vault asks with its own, or with the client’s' }
  return [
    head.join('\n'),
    [
      theme.bold(`Config auth/${path}/config`),
      ...fieldLines(fields, theme),
      ...(reviewerTokenSet === undefined ? [] : [`  reviewer token: ${token[`${reviewerTokenSet}`]}`]),
      ...otherLines(others, theme),
    ].join('\n'),
  ]
}

function listBlocks({ mounts }: Told<AuthListResult>, theme: Theme): string[] {
  if (mounts.length === 0)
    return ['There is no auth mount of the type kubernetes or jwt.\nNext: icebreaker auth enable']
  const rows = mounts.map(({ path, type, host, reviewerTokenSet, config, description }) => [
    path,
    type,
    host ?? (config === 'read' ? '-' : '(no config, or not to be read)'),
    reviewerTokenSet === undefined ? '-' : reviewerTokenSet ? 'set' : 'not set',
    description,
  ])
  const [head = '', ...lines] = table([['PATH', 'TYPE', 'HOST', 'REVIEWER TOKEN', 'DESCRIPTION'], ...rows])
  return [[theme.bold(head), ...lines].join('\n'), `${count(mounts.length, 'auth mount')}.`]
}

type Login = Told<AuthLoginResult>

function loginBlocks(login: Login, theme: Theme): string[] {
  const { account, role, mount, cluster, can, left } = login
  return [
    [theme.bold(`${account} logged in as ${role} at auth/${mount} (cluster ${cluster})`), ...tokenRows(login)].join(
      '\n',
    ),
    ...(login.entity === undefined ? [] : [entityLines(login.entity, login, theme).join('\n')]),
    ...(can.length === 0 ? [] : [[theme.bold('What it may do'), ...canLines(can, theme)].join('\n')]),
    ...(left.length === 0
      ? []
      : [[theme.warn('Not given back; it expires by itself:'), ...left.map((one) => `  ${one}`)].join('\n')]),
    endText(login, theme),
  ]
}

function tokenRows(login: Login): string[] {
  const { token, savedTo, tokenPolicies, identityPolicies, ttl, renewable, type, numUses, audience, metadata } = login
  return table([
    ['  Token', token],
    ...(savedTo === undefined ? [] : [['  Saved to', savedTo]]),
    ['  Policies', tokenPolicies.join(', ') || '(none)'],
    ...(identityPolicies.length === 0 ? [] : [['  By identity', identityPolicies.join(', ')]]),
    ['  Lives for', `${ttl}, ${renewable ? 'renewable' : 'not renewable'}`],
    ['  Type', `${type}${numUses > 0 ? `, for ${count(numUses, 'request')}` : ''}`],
    ['  Audience', audience ?? '(the API server’s)'],
    ...metadataRows(metadata),
  ])
}

/** What is empty says nothing, nor does what was said before. */
const metadataRows = (
  metadata: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>> = {},
): string[][] =>
  Object.entries(metadata)
    .filter(([key, value]) => value !== '' && before[key] !== value)
    .map(([key, value]) => [`  ${key}`, value])

function entityLines(
  { name, id, policies, aliases }: NonNullable<Login['entity']>,
  { metadata }: Login,
  theme: Theme,
): string[] {
  return [
    theme.bold(`Entity ${name}`),
    ...table([
      ['  id', id],
      ...(policies.length === 0 ? [] : [['  policies', policies.join(', ')]]),
      ...aliases.flatMap((alias) => [
        ['  alias', `${alias.name} of ${alias.mount}`],
        ...metadataRows(alias.metadata, metadata),
      ]),
    ]),
  ]
}

/** A path with what is allowed there; of a grant each path that it takes. */
function canLines(can: Login['can'], theme: Theme): string[] {
  const words = { true: theme.good('yes'), false: theme.bad('NO'), null: theme.warn('not known') }
  const hasText = (has: readonly string[] | null): string => (has === null ? 'nobody here may ask' : has.join(', '))
  return table(
    can.flatMap(({ asked, allowed, paths }) => {
      const word = `  ${words[`${allowed}`]}`
      const [only] = paths
      if (paths.length === 1 && only?.needs.length === 0) return [[word, asked, hasText(only.has)]]
      return [
        [word, asked],
        ...paths.map(({ path, needs, has }) => ['', `  ${needs.join(', ')} on ${path}`, hasText(has)]),
      ]
    }),
  )
}

function endText({ kept, expiresAt, type, left }: Login, theme: Theme): string {
  if (kept) return `The token lives until ${expiresAt}, unless it is revoked before.`
  if (type === 'batch') return `A batch token cannot be revoked: it ends at ${expiresAt}.`
  return left.length === 0 ? theme.good('The token is revoked again.') : theme.warn('See what is left above.')
}
