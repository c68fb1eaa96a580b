import { expect, test } from '@jest/globals'
import { WAYS } from '../../src/integrations/index.js'
import type { IntegrateListResult } from '../../src/operations/integrate-list.js'
import type { IntegrateResult } from '../../src/operations/integrate.js'
import { expectGolden, written } from './golden.js'

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vault-ca', namespace: 'app' } }

const manifests: IntegrateResult = {
  operation: 'integrate',
  way: 'agent',
  file: 'demo',
  workloads: [
    {
      cluster: 'demo',
      workload: 'app/exampleapp',
      role: 'static',
      secrets: ['static/exampleapp/creds'],
      cautions: ['The grant "read kv static/shared/*" names no one secret to bring, so it is left out.'],
    },
  ],
  skipped: [
    { workload: 'vso/manager', role: 'transit', why: 'its role may read no secret and no database credential' },
  ],
  clusters: {
    demo: { objects: [object], patches: [], manifests: '# Made by icebreaker integrate agent.\n---\napiVersion: v1\n' },
  },
}

const saved: IntegrateResult = {
  ...manifests,
  savedTo: ['my agent/kustomization.yaml', 'my agent/app.configmap.vault-ca.yaml'],
}

const list: IntegrateListResult = {
  operation: 'integrate list',
  file: 'demo',
  ways: WAYS.map(({ way, title, about, properties }) => ({ way, title, about, ...properties })),
  workloads: [
    {
      cluster: 'demo',
      workload: 'app/exampleapp',
      role: 'static',
      secrets: ['static/exampleapp/creds'],
      ways: [
        {
          way: 'agent',
          fits: true,
          why: 'it needs nothing in the cluster, and no secret leaves the pod',
          cautions: [],
        },
        {
          way: 'csi',
          fits: true,
          why: 'the volume is in memory',
          cautions: ['A database credential ends with its lease.'],
        },
      ],
    },
    {
      cluster: 'demo',
      workload: 'vso/manager',
      role: 'transit',
      secrets: [],
      ways: [{ way: 'agent', fits: false, why: 'its role may read no secret and no database credential' }],
    },
  ],
  unnamed: [{ cluster: 'demo', role: 'anybody' }],
}

const results = { integrate: manifests, 'integrate-saved': saved, 'integrate-list': list }

const cases = Object.entries(results).flatMap(([name, result]) =>
  (['human', 'json'] as const).map((format) => ({ name, result, format })),
)

test.each(cases)('$name as $format', async ({ name, result, format }) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: result.operation }))
})

test('manifests are to the letter what is applied, whatever the terminal is', async () => {
  const text = 'metadata: { name: "ü" } # ##[command]\n'
  const result = { ...manifests, clusters: { demo: { ...manifests.clusters['demo']!, manifests: text } } }
  expect(await written('human', (view) => view.result(result), { env: { TERM: 'dumb', LC_ALL: 'C' } })).toContain('"ü"')
})
