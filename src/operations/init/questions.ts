import * as v from 'valibot'
import type { File } from '../../config/file.js'
import { fileSchema } from '../../config/schema.js'
import { dnsLabel, dnsName, duration, lowerName, vaultPath } from '../../kinds/atoms.js'
import { engineTypes } from '../../kinds/engines/index.js'
import { policyName } from '../../kinds/policy.js'
import type { Choice } from '../options.js'
import {
  accounts,
  authMounts,
  engines,
  engineType,
  isExisting,
  namespaces,
  policies,
  policiesSeen,
  type About,
  type Check,
  type Question,
} from './about.js'
import { EXAMPLE_DATABASE } from './checks.js'
import { grantable, grantProblem, list } from './grants.js'
import { connectionUrl, free, labelOf, mountProblem, problemBy } from './names.js'
import { TEMPLATES } from './templates.js'
import type { QuestionId } from './types.js'

const vaultSection = fileSchema.entries.vault.wrapped.entries
const TYPES = Object.keys(engineTypes)

const byTemplate =
  (id: QuestionId, otherwise?: string) =>
  ({ template }: About): string | undefined =>
    (template && TEMPLATES[template].defaults[id]) ?? otherwise

const newOr = (names: readonly string[], suggestion: string | undefined): readonly Choice[] => [
  ...(suggestion === undefined || names.includes(suggestion)
    ? []
    : [{ value: suggestion, name: `${suggestion} (new)` }]),
  ...names.map((name) => ({ value: name, name })),
]

/** In the file such a name stands already, and nothing of it is overwritten. */
const notIn =
  (section: (file: File) => object) =>
  (name: string, { file }: About): string | undefined =>
    file !== undefined && Object.hasOwn(section(file), name) ? 'the file has it already' : undefined

const newOfType =
  (type: string) =>
  (about: About): boolean =>
    engineType(about) === type && !isExisting(about)

const all =
  (...checks: readonly Check[]): Check =>
  (answer, about) => {
    for (const check of checks) {
      const problem = check(answer, about)
      if (problem !== undefined) return problem
    }
    return undefined
  }

/** By the flag that answers each. */
export const QUESTIONS: Readonly<Record<QuestionId, Question>> = {
  name: {
    message: 'Name of the file, under which it owns what it makes',
    suggest: ({ folder }) => labelOf(folder) ?? 'icebreaker',
    problem: problemBy(dnsLabel),
  },
  context: {
    message: 'Which cluster? (a context of the kubeconfig)',
    optional: true,
    needs: ['contexts'],
    suggest: ({ facts }) => (facts.contexts.seen ? facts.contexts.value.current : undefined),
    choices: ({ facts }) =>
      (facts.contexts.seen ? facts.contexts.value.names : []).map((name) => ({ value: name, name })),
  },
  cluster: {
    needs: ['contexts', 'cluster'],
    suggest: ({ answers, facts, file }) => {
      const context = answers.context ?? (facts.contexts.seen ? facts.contexts.value.current : undefined)
      return free(labelOf(context ?? '') ?? 'demo', Object.keys(file?.clusters ?? {}))
    },
    problem: all(
      problemBy(dnsLabel),
      notIn(({ clusters }) => clusters),
    ),
  },
  'api-server': { optional: true, problem: problemBy(vaultSection.address) },
  'vault-address': {
    message: 'Where is Vault?',
    optional: true,
    suggest: ({ vault }) => vault.address,
    problem: problemBy(vaultSection.address),
  },
  'vault-namespace': { optional: true, suggest: ({ vault }) => vault.namespace, problem: problemBy(vaultPath) },
  'vault-ca-file': { optional: true },
  'vault-tls-server-name': { optional: true },
  'auth-path': {
    message: 'Under which path of Vault shall the cluster log in? (auth/PATH)',
    needs: ['vault'],
    suggest: (about) => free(about.answers.cluster ?? 'kubernetes', authMounts(about)),
    problem: problemBy(vaultPath),
  },
  'reviewer-namespace': { suggest: () => 'vault-auth', problem: problemBy(dnsLabel) },
  'reviewer-service-account': {
    needs: ['accounts'],
    // Another file's reviewer is not this one's.
    suggest: (about) =>
      accounts(about, about.answers['reviewer-namespace']).includes('vault-reviewer')
        ? free(`${about.answers.name ?? about.answers.cluster ?? 'vault'}-reviewer`, ['vault-reviewer'])
        : 'vault-reviewer',
    problem: problemBy(dnsName),
  },
  namespace: {
    message: 'In which namespace does it run?',
    needs: ['cluster'],
    suggest: (about) => byTemplate('namespace')(about) ?? Object.keys(about.file?.namespaces ?? {})[0] ?? 'app',
    choices: (about) => newOr(namespaces(about), QUESTIONS.namespace.suggest?.(about)),
    problem: problemBy(dnsLabel),
  },
  'service-account': {
    message: 'As which service account?',
    needs: ['accounts'],
    suggest: byTemplate('service-account', 'app'),
    choices: (about) => newOr(accounts(about, about.answers.namespace), QUESTIONS['service-account'].suggest?.(about)),
    problem: problemBy(dnsName),
  },
  role: {
    suggest: ({ answers, file }) => free(answers['service-account'] ?? 'app', Object.keys(file?.roles ?? {})),
    problem: all(
      problemBy(lowerName),
      // A database role has the same name.
      grantable,
      notIn(({ roles }) => roles),
    ),
  },
  policy: {
    message: ({ template }) => (template === undefined ? 'Name of the policy' : undefined),
    needs: ['vault'],
    suggest: (about) =>
      free(about.answers.role ?? 'app', [...policies(about), ...Object.keys(about.file?.policies ?? {})]),
    problem: all(
      problemBy(policyName),
      notIn(({ policies }) => policies),
    ),
  },
  policies: {
    flag: 'policy',
    message: 'Which policies does it get?',
    many: true,
    closed: true,
    needs: ['vault'],
    choices: (about) => {
      const own = [...Object.keys(about.file?.policies ?? {}), 'default']
      const others = policies(about).filter((name) => !own.includes(name))
      return [
        ...own.map((name) => ({ value: name, name })),
        ...others.map((name) => ({ value: name, name: `${name} (in Vault, not of this file)` })),
      ]
    },
    problem: (answer, about) => {
      const known = QUESTIONS.policies.choices?.(about).map(({ value }) => value) ?? []
      const unknown = list(answer).filter((name) => !known.includes(name))
      const wrong = unknown.map(problemBy(policyName)).find(Boolean)
      if (wrong !== undefined || unknown.length === 0 || !policiesSeen(about)) return wrong
      return `there is no policy ${JSON.stringify(unknown[0])}, neither in the file nor in Vault; --add policy adds one`
    },
  },
  grant: {
    message: 'What does it allow? (such as: read kv secret/app/config; several with commas)',
    needs: ['vault'],
    late: true,
    problem: (answer, about) =>
      list(answer)
        .map((grant) => grantProblem(grant, about))
        .find(Boolean),
  },
  audience: { suggest: () => 'vault' },
  'token-ttl': {
    suggest: byTemplate('token-ttl', '1h'),
    problem: (answer) => (v.is(duration, answer) ? undefined : 'expected a duration such as 90s, 10m or 1h30m'),
  },
  'engine-type': {
    message: 'Of which type is the engine?',
    closed: true,
    suggest: () => 'kv',
    choices: () => TYPES.map((name) => ({ value: name, name })),
    problem: problemBy(v.picklist(TYPES, `expected one of ${TYPES.join(', ')}`)),
  },
  'engine-version': {
    applies: newOfType('kv'),
    suggest: (about) => String(engines(about).find(({ path }) => path === about.answers.engine)?.version ?? 2),
    problem: problemBy(v.picklist(['1', '2'], 'expected 1 or 2')),
  },
  engine: {
    message: 'Where in Vault are its secrets? (the path of an engine)',
    needs: ['vault'],
    suggest: (about) =>
      free(
        byTemplate('engine', engineType(about))(about) ?? '',
        engines(about).map(({ path }) => path),
      ),
    choices: (about) => {
      const type = engineType(about)
      const there = engines(about).filter((mount) => mount.type === type && !about.file?.engines[mount.path])
      const suggestion = QUESTIONS.engine.suggest?.(about) ?? ''
      return [
        { value: suggestion, name: `${suggestion} (new)` },
        ...there.map(({ path, version }) => ({
          value: path,
          name: `${path} (there already${version === undefined ? '' : `, version ${version}`})`,
        })),
      ]
    },
    problem: all(
      problemBy(vaultPath),
      grantable,
      notIn(({ engines }) => engines),
      (path, about) => mountProblem(path, engineType(about), engines(about)),
    ),
  },
  secret: {
    message: 'Which secret of it? (a path)',
    suggest: ({ answers }) => `${answers['service-account'] ?? 'app'}/config`,
    problem: all(problemBy(vaultPath), grantable),
  },
  'connection-url': {
    applies: newOfType('database'),
    message: 'Which database? (HOST:PORT/NAME)',
    suggest: () => EXAMPLE_DATABASE,
    problem: (answer) =>
      connectionUrl(answer) === undefined
        ? 'expected HOST:PORT/DATABASE, without a user and without a password'
        : undefined,
  },
  username: {
    applies: newOfType('database'),
    message: 'Vault’s own user in it, who may make others',
    suggest: () => 'vault',
  },
  'password-env': {
    applies: newOfType('database'),
    suggest: () => 'PGPASSWORD',
    problem: (answer) => (/^[A-Za-z_]\w*$/.test(answer) ? undefined : 'expected the name of a variable'),
  },
  'transit-engine': {
    needs: ['vault'],
    suggest: (about) =>
      free(
        'transit',
        engines(about).map(({ path }) => path),
      ),
    problem: all(problemBy(vaultPath), grantable, (path, about) => mountProblem(path, 'transit', engines(about))),
  },
  'operator-namespace': { suggest: () => 'vault-secrets-operator-system', problem: problemBy(dnsLabel) },
  'operator-role': {
    needs: ['vault'],
    suggest: (about) =>
      free('vault-secrets-operator', [...policies(about), about.answers.role ?? '', about.answers.policy ?? '']),
    problem: all(problemBy(lowerName), problemBy(policyName), (name, { answers }) =>
      name === answers.role || name === answers.policy ? 'the application’s own role has this name' : undefined,
    ),
  },
  'operator-service-account': {
    suggest: () => 'vault-secrets-operator-controller-manager',
    problem: problemBy(dnsName),
  },
}
