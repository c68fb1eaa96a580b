import * as v from 'valibot'
import type { File } from '../config/file.js'
import { FILE, IceError } from '../catalogue/index.js'
import {
  parseGrant,
  policyNameProblem,
  meet,
  compareRules,
  readCanonical,
  renderPolicy,
  splitMount,
  sum,
  grantSchema,
  type Grant,
  type PathRule,
  type WrittenGrant,
} from '../policy/index.js'
import { path } from '../vault/index.js'
import { vaultName } from './atoms.js'
import { isPlain, operand } from './command-line.js'
import type { Stages } from './contract.js'
import type { Engine, EngineType } from './engine.js'
import type { Exports } from './export.js'
import { engineTypes } from './engines/index.js'
import { required, text, type Fields, type Values } from './fields.js'
import { deleted } from './removal.js'
import { vaultObject } from './vault-object.js'

export const policyName = v.pipe(
  vaultName,
  v.check(
    (name) => policyNameProblem(name) === undefined,
    (issue) => policyNameProblem(issue.input) ?? '',
  ),
)

/** A policy of the file: by what it allows, or by hand, or somebody else's that roles may name. */
export const policySchema = v.union([
  v.strictObject({
    grants: v.pipe(
      v.array(grantSchema),
      v.nonEmpty(),
      v.description('What it allows, by meaning; icebreaker knows the paths.'),
    ),
  }),
  v.strictObject({ file: v.pipe(v.string(), v.nonEmpty(), v.description('An HCL file, beside this one.')) }),
  v.strictObject({
    existing: v.pipe(v.literal(true), v.description('It is there and somebody else’s: roles may name it.')),
  }),
])

export const policyFields = {
  policy: required(v.string(), 'policy', { about: 'The rules, as HCL.', compare: 'text' }),
} as const satisfies Fields

/** An ACL policy. */
export const policy = vaultObject<{ name: string }>({
  kind: 'Policy',
  title: 'policy',
  about:
    'Says which paths of Vault may be used and how; a role gives policies to those who log in, and nothing else lets them do anything.',
  sections: ['policies'],
  fields: policyFields,
  path: ({ name }) => path`sys/policies/acl/${name}`,
  onlyUpdates: true,
  listing: { path: () => path`sys/policies/acl`, id: (_mount, name) => ({ name }) },
  // The name; and when it was changed, for check-and-set.
  shows: ['name', 'version', 'modified', 'data'],
  *expand(file, context) {
    for (const [name, section] of Object.entries(file.policies)) {
      if ('existing' in section) continue
      const policy =
        'grants' in section
          ? // A stanza hides a broader one, so the grants are added up.
            renderPolicy(
              sum(
                section.grants.flatMap((grant, index) =>
                  compileGrant(grant, file, ['policies', name, 'grants', index]),
                ),
              ),
            )
          : (context.texts[section.file] ?? '')
      yield { id: { name }, desired: { policy }, after: [], from: ['policies', name] }
    }
  },
  stages: policyStages,
  export: policyExport(),
  removal: deleted(({ name }) => path`sys/policies/acl/${name}`),
  commands({ name }, { policy }, { vault }) {
    const rules = text(policy)
    // What cannot be seen in a text can be seen in JSON.
    if (!isPlain(rules)) return undefined
    return [{ words: [vault, 'policy', 'write', ...operand(name), '-'], input: [rules] }]
  },
})

function policyExport(): Exports<{ name: string }, Values> {
  return {
    terraform: ({ name }, { policy }) => ({
      parts: [
        {
          sort: 'resource',
          type: 'vault_policy',
          name: [name],
          arguments: { name, policy: text(policy) },
          importId: name,
        },
      ],
    }),
    bankVaults: ({ name }, { policy }) => ({ parts: [{ list: 'policies', entry: { name, rules: text(policy) } }] }),
  }
}

function policyStages(desired: Values, observed: Values | undefined): Stages<Values> {
  if (observed === undefined) return { widen: desired }
  const [before, after] = [readCanonical(text(observed['policy'])), readCanonical(text(desired['policy']))]
  // Text that we did not write says nothing to us: it changes at once, when nothing has been widened yet.
  if (before === undefined || after === undefined) return { switch: desired }
  const stages: Record<ReturnType<typeof compareRules>, Stages<Values>> = {
    narrows: { narrow: desired },
    widens: { widen: desired },
    neutral: { switch: desired },
    mixed: { narrow: { policy: renderPolicy(meet(before, after)) }, widen: desired },
  }
  return stages[compareRules(before, after)]
}

/** A grant together with the engine it speaks of. */
export interface BoundGrant {
  readonly grant: Grant
  readonly type: EngineType
  readonly engine: Engine
  /** What follows the mount. */
  readonly path: string
}

/**
 * Finds the engine of a grant: the longest mount of the file that its target begins with.
 * @throws IceError FILE.badGrant, with `from` (the keys that lead to it) for its position
 */
export function bindGrant(
  written: WrittenGrant,
  file: Pick<File, 'engines'>,
  from: readonly (string | number)[],
): BoundGrant {
  const verbs = Object.fromEntries(Object.values(engineTypes).map(({ type, verbs }) => [type, Object.keys(verbs)]))
  const parsed = parseGrant(written, verbs)
  if ('error' in parsed) {
    throw new IceError(FILE.badGrant, {
      message: `${parsed.error}.`,
      ...(parsed.hint !== undefined && { next: [parsed.hint] }),
      from,
    })
  }
  const grant = parsed.ok
  const type = engineTypes[grant.engine]
  const found = splitMount(grant.target, Object.keys(file.engines))
  const section = found && file.engines[found.mount]
  if (type === undefined || found === undefined || section === undefined) {
    throw new IceError(FILE.badGrant, {
      message: `The grant "${grant.verb} ${grant.engine} ${grant.target}" is in no engine of this file.`,
      next: ['Add the mount under `engines` (with `existing: true` where it is there already).'],
      from,
    })
  }
  if (section.type !== grant.engine) {
    throw new IceError(FILE.badGrant, {
      message: `The grant "${grant.verb} ${grant.engine} ${grant.target}" speaks of a ${grant.engine} engine, but ${found.mount} is of type ${section.type}.`,
      from,
    })
  }
  const bound = { grant, type, engine: { mount: found.mount, section: section }, path: found.path }
  if (found.path === '' && type.verbs[grant.verb]?.mountItself !== true) throw pathless(bound, written, from)
  return bound
}

/** A mount alone would be compiled to a path that the engine does not have, and seem to allow something. */
function pathless(
  { grant, type, engine }: BoundGrant,
  written: WrittenGrant,
  from: readonly (string | number)[],
): IceError {
  const { verb, engine: of } = grant
  const write = (path: string): string =>
    typeof written === 'string' ? `${verb} ${of} ${engine.mount}/${path}` : JSON.stringify({ ...written, path })
  const [name = type.noun.toUpperCase()] = type.names(engine)
  return new IceError(FILE.badGrant, {
    message: `The grant "${verb} ${of} ${grant.target}" names no ${type.noun} in ${engine.mount}.`,
    next: [`Write which one, as in: ${write(name)}`, `For all of them: ${write('*')}`],
    from,
  })
}

/** The paths and capabilities that a grant means. @throws IceError FILE.badGrant */
export function compileGrant(
  written: WrittenGrant,
  file: Pick<File, 'engines'>,
  from: readonly (string | number)[],
): readonly PathRule[] {
  const { grant, type, engine, path: rest } = bindGrant(written, file, from)
  return type.verbs[grant.verb]?.rules(engine, rest) ?? []
}
