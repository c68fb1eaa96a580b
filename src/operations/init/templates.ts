import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { QuestionId, TemplateName } from './types.js'

/** What a new file is made from: YAML with the names of answers in angle brackets, and who answers what. */
export interface Template {
  readonly title: string
  /** Files of templates/init, without `.yaml`. */
  readonly parts: readonly string[]
  /** The type of the engine at `engine`. */
  readonly engine: 'kv' | 'database'
  readonly questions: readonly QuestionId[]
  /** What is taken where nobody answers; the rest is suggested by questions.ts. */
  readonly defaults: Readonly<Partial<Record<QuestionId, string>>>
}

const TRUST: readonly QuestionId[] = [
  'name',
  'context',
  'cluster',
  'api-server',
  'vault-address',
  'vault-namespace',
  'vault-ca-file',
  'vault-tls-server-name',
  'auth-path',
  'reviewer-namespace',
  'reviewer-service-account',
]
const WORKLOAD: readonly QuestionId[] = ['namespace', 'service-account', 'role', 'policy', 'audience', 'token-ttl']

const APPLICATION = { namespace: 'app', 'service-account': 'app', 'token-ttl': '1h' }

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  'web-app': {
    title: 'An application that reads a secret (KV)',
    parts: ['base', 'kv'],
    engine: 'kv',
    questions: [...TRUST, ...WORKLOAD, 'engine', 'secret'],
    defaults: { ...APPLICATION, engine: 'secret' },
  },
  postgres: {
    title: 'An application that gets credentials of its own for PostgreSQL',
    parts: ['base', 'database'],
    engine: 'database',
    questions: [...TRUST, ...WORKLOAD, 'engine', 'connection-url', 'username', 'password-env'],
    defaults: { ...APPLICATION, engine: 'postgres' },
  },
  vso: {
    title: 'The Vault Secrets Operator, and an application whose secret it syncs',
    parts: ['base', 'kv', 'transit'],
    engine: 'kv',
    questions: [
      ...TRUST,
      ...WORKLOAD,
      'engine',
      'secret',
      'transit-engine',
      'operator-namespace',
      'operator-service-account',
      'operator-role',
    ],
    defaults: { ...APPLICATION, engine: 'secret' },
  },
  ci: {
    title: 'A CI runner in the cluster, with short-lived tokens',
    parts: ['base', 'kv'],
    engine: 'kv',
    questions: [...TRUST, ...WORKLOAD, 'engine', 'secret'],
    defaults: { namespace: 'ci', 'service-account': 'runner', 'token-ttl': '15m', engine: 'secret' },
  },
}

/** The texts of a template's parts. */
export function partsOf(template: TemplateName): Promise<readonly string[]> {
  const folder = templatesFolder()
  return Promise.all(TEMPLATES[template].parts.map((part) => readFile(join(folder, `${part}.yaml`), 'utf8')))
}

function templatesFolder(): string {
  // This module runs from src/ and from wherever the bundle puts it, so the package is found, not counted.
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'templates', 'init'))) folder = dirname(folder)
  return join(folder, 'templates', 'init')
}
