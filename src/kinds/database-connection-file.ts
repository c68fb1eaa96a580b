import type { FileSection, Json, Remark } from './contract.js'
import { databaseConnectionFields, KNOWN_OPTIONS } from './database-connection-fields.js'
import { besides, sectionOf, type Values } from './fields.js'

/** What a connection is made from, as far as the API shows it. */
interface Shown {
  readonly values: Values
  readonly details: Readonly<Record<string, Json>>
  readonly username: string | undefined
}

/** Each is shown beside the connection's details, or is the old name of one of them. */
const SHOWN_TWICE = ['connection_details', 'root_credentials_rotate_statements']

/**
 * The section of a connection that stands. Its password is never shown, and what may hold one is not taken over: the file
 * is readable for all. Pure.
 */
export function connectionInFile(
  { mount, name }: { readonly mount: string; readonly name: string },
  { values, details, username }: Shown,
  raw: Readonly<Record<string, unknown>>,
): FileSection {
  const { plugin, url, ...others } = sectionOf(databaseConnectionFields, values)
  const place = typeof url === 'string' ? withoutCredentials(url) : undefined
  const user = username ?? place?.username
  const options = Object.entries(besides(databaseConnectionFields, details, [...KNOWN_OPTIONS]))
  const [secret, plain] = [options.filter(isSecret), options.filter((option) => !isSecret(option) && isOption(option))]
  const unsaid = options.filter((option) => secret.includes(option) || !plain.includes(option)).map(([key]) => key)
  const variable = variableFor(mount, name)
  const needsPassword = user !== undefined || /\{\{password\}\}/.test(place?.url ?? '')
  return {
    section: {
      ...(plugin !== undefined && { plugin }),
      ...(place && { url: place.url }),
      ...(user !== undefined && { username: { literal: user } }),
      ...(needsPassword && { password: { env: variable } }),
      // Without it the file means those of its own roles.
      allowedRoles: values['allowedRoles'] ?? [],
      ...others,
      ...(plain.length > 0 && { options: Object.fromEntries(plain) }),
    },
    holes: needsPassword
      ? [{ at: ['password'], text: 'Vault does not show it, and it is sent only where this source changes.' }]
      : [],
    remarks: place?.changed === true ? [CHANGED] : [],
    unsaid: [...unsaid, ...Object.keys(besides(databaseConnectionFields, raw, SHOWN_TWICE))],
  }
}

const CHANGED: Remark = {
  at: ['url'],
  text: 'Vault has a user and a password in it. They belong beside it, so apply will write this connection anew, with the password of the source below.',
}

type Option = readonly [name: string, value: Json]

/** As the schema has them. */
const isOption = ([, value]: Option): boolean =>
  Array.isArray(value) ? value.every((item) => typeof item === 'string') : typeof value !== 'object'

const isSecret = ([name, value]: Option): boolean =>
  /passw|secret|private|token|credential|_key$/i.test(name) || JSON.stringify(value).includes('PRIVATE KEY')

/** `postgres`, `main`: POSTGRES_MAIN_PASSWORD. */
function variableFor(...parts: readonly string[]): string {
  const name = [...parts, 'password']
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
  return /^\d/.test(name) ? `_${name}` : name
}

/** `scheme://user:password@`, also without a scheme (MySQL), up to the last @: a password may hold one. */
const LOGIN = /^([a-z][\w+.-]*:\/\/)?([^/@:{}]*):(?!\{\{|\/\/)(.+)@/i
/** libpq's keywords, and parameters of a URL. */
const KEYWORD = /\b(passw(?:or)?d|pwd)\s*=\s*(?!\{\{)('[^']*'|"[^"]*"|[^\s&;]+)/gi

/** The URL with the places for user and password where it holds these themselves; servers hide some, not all. */
function withoutCredentials(url: string): {
  readonly url: string
  readonly username?: string
  readonly changed: boolean
} {
  const [, , username] = LOGIN.exec(url) ?? []
  const clean = url
    .replace(LOGIN, (_, scheme: string | undefined) => `${scheme ?? ''}{{username}}:{{password}}@`)
    .replace(KEYWORD, (_, key: string) => `${key}={{password}}`)
  return { url: clean, changed: clean !== url, ...(username !== undefined && { username: decoded(username) }) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
