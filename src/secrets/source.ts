import * as v from 'valibot'

/** How an operator says where a secret value comes from; resolved when it is written, not when the file is read. */
export const secretSource = v.pipe(
  v.union([
    v.strictObject({ env: v.pipe(v.string(), v.minLength(1), v.description('The name of an environment variable.')) }),
    v.strictObject({
      file: v.pipe(v.string(), v.minLength(1), v.description('A file; the line end at its end is dropped.')),
    }),
    v.strictObject({
      generate: v.pipe(
        v.strictObject({
          length: v.optional(
            v.pipe(
              v.number(),
              v.integer(),
              v.minValue(8),
              v.maxValue(1024),
              v.description('How many letters and digits.'),
            ),
            32,
          ),
        }),
        v.description('Made once, when the secret is.'),
      ),
    }),
    v.strictObject({ prompt: v.pipe(v.string(), v.minLength(1), v.description('What to ask the operator.')) }),
    v.strictObject({
      kubernetes: v.pipe(
        v.strictObject({
          secret: v.pipe(
            v.string(),
            v.regex(/^[a-z0-9.-]+\/[a-z0-9.-]+$/, 'expected NAMESPACE/NAME'),
            v.description('NAMESPACE/NAME of the Secret.'),
          ),
          key: v.pipe(v.string(), v.minLength(1), v.description('Which of its keys.')),
          cluster: v.optional(
            v.pipe(
              v.string(),
              v.metadata({ reference: 'clusters' }),
              v.description('Default: the cluster of the inventory.'),
            ),
          ),
        }),
        v.description('A Secret of a cluster.'),
      ),
    }),
    v.strictObject({ literal: v.pipe(v.string(), v.description('A text that is no secret.')) }),
  ]),
  v.metadata({ value: 'secret' }),
)

export type SecretSource = v.InferOutput<typeof secretSource>

/** `env PGPASSWORD`, `file ./x`: what may be shown and stored of a source. */
export function describeSource(source: SecretSource): string {
  if ('env' in source) return `env ${source.env}`
  if ('file' in source) return `file ${source.file}`
  if ('generate' in source) return `generated, ${source.generate.length} characters`
  if ('prompt' in source) return 'asked of the operator'
  if ('kubernetes' in source) return `Secret ${source.kubernetes.secret}, key ${source.kubernetes.key}`
  return 'literal'
}
