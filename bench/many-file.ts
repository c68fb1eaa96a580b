/** Where a file's servers are. */
export interface Servers {
  readonly vaultAddress: string
  readonly caFile: string
  readonly context: string
}

/** An icebreaker.yaml with so many policies and as many roles, `many-0` and on. */
export function manyFile(count: number, { vaultAddress, caFile, context }: Servers): string {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`)
  const section = (value: (name: string) => object) => Object.fromEntries(names.map((name) => [name, value(name)]))
  // JSON is YAML.
  return JSON.stringify({
    version: 1,
    name: 'many',
    vault: { address: vaultAddress, caFile },
    clusters: {
      many: {
        context,
        auth: { path: 'many', reviewer: { namespace: 'many-auth', serviceAccount: 'vault-reviewer', token: 'secret' } },
      },
    },
    engines: { many: { type: 'kv', version: 2 } },
    policies: section((name) => ({ grants: [`read kv many/${name}/creds`] })),
    roles: section((name) => ({
      serviceAccounts: [name],
      namespaces: ['many'],
      policies: [name],
      audience: 'vault',
      tokenTTL: '1h',
    })),
  })
}
