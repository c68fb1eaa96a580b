import { expect, test } from '@jest/globals'
import type { IntegrateJobResult } from '../../src/operations/integrate-job.js'
import { expectGolden, written } from './golden.js'

const objects: IntegrateJobResult = {
  operation: 'integrate job',
  command: 'verify',
  file: 'demo',
  cluster: 'demo',
  account: 'vault-auth/icebreaker-demo-verify',
  objects: [
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'icebreaker-demo-verify', namespace: 'vault-auth' } },
  ],
  manifests: '# Made by icebreaker integrate job verify.\n---\napiVersion: batch/v1\n',
  vault: {
    role: 'icebreaker-demo-verify',
    namespace: "team's",
    policy: '# Nothing.\n',
    script: {
      variables: [],
      steps: [
        {
          address: 'vault:sys/policies/acl/icebreaker-demo-verify',
          title: 'policy',
          action: 'create',
          commands: [{ words: ['vault', 'policy', 'write', 'icebreaker-demo-verify', '-'], input: ['# Nothing.\n'] }],
        },
      ],
    },
    sections: { text: 'policies: {}\n', policyFile: 'icebreaker-demo-verify.hcl', policy: '# Nothing.\n' },
  },
  shown: 'objects',
}

const { vault: _vault, ...withRole } = objects
const results = {
  'integrate-job': objects,
  'integrate-job-vault': { ...objects, shown: 'vault' } as const,
  'integrate-job-saved': { ...objects, savedTo: ['my job/kustomization.yaml', 'my job/vault/add-to-icebreaker.yaml'] },
  'integrate-job-there': { ...withRole, shown: 'vault' } as const,
}

const cases = Object.entries(results).flatMap(([name, result]) =>
  (['human', 'json'] as const).map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: result.operation }))
})

test('manifests are to the letter what is applied, whatever the terminal is', async () => {
  const result = { ...objects, manifests: 'metadata: { name: "ü" } # ##[command]\n' }
  expect(await written('human', (view) => view.result(result), { env: { TERM: 'dumb', LC_ALL: 'C' } })).toContain('"ü"')
})
