import { expect, test } from '@jest/globals'
import type { WhoCanResult } from '../../src/operations/who-can.js'
import type { Format } from '../../src/views/formats.js'
import { expectGolden, written } from './golden.js'
import { smallDrawing } from './graph/drawn.js'

const reason = (policy: string, path: string, more = {}) => ({
  policy,
  path,
  capabilities: ['read'],
  sources: [{ text: `path "${path}"`, line: 7 }],
  ...more,
})

const base = { cluster: 'demo', mount: 'demo', verdict: 'yes', there: 'yes', why: [], from: [] } as const

/** All that can be said of an answer. */
const mixed: WhoCanResult = {
  operation: 'who-can',
  file: 'demo',
  source: 'vault',
  servers: { vault: 'https://127.0.0.1:8200', clusters: { demo: 'https://127.0.0.1:6443' } },
  question: {
    verb: 'read',
    path: 'static/exampleapp/creds',
    raw: false,
    engine: { mount: 'static', type: 'kv' },
    needs: [{ path: 'static/data/exampleapp/creds', capability: 'read' }],
  },
  answers: [
    { ...base, account: 'app/exampleapp', role: 'static', by: [reason('static', 'static/data/exampleapp/creds')] },
    {
      ...base,
      account: 'app/exampleapp',
      role: 'wide',
      from: ['10.0.0.0/8'],
      by: [reason('wide', 'static/*', { condition: 'limited by required_parameters' })],
    },
    { ...base, account: 'app/new', there: 'planned', role: 'static', by: [reason('static', 'static/*')] },
    { ...base, account: 'app/gone', there: 'no', role: 'old', by: [reason('static', 'static/*')] },
    {
      ...base,
      account: 'app/some',
      role: 'some',
      verdict: 'partly',
      by: [
        reason('some', 'static/data/a/*', {
          sources: [{ text: 'read kv static/a/*', file: 'icebreaker.yaml', line: 12 }],
        }),
      ],
      why: ['read at some of the paths of static/data/*, not at every one'],
    },
    {
      ...base,
      cluster: undefined,
      account: 'team-* in the namespaces x-*',
      there: 'unlisted',
      mount: 'other',
      role: 'foreign',
      verdict: 'unknown',
      by: [],
      why: ['the policy hidden: The token may not read sys/policies/acl/hidden'],
    },
  ],
  findings: [
    { code: 'ICE7101', address: 'vault:auth/demo/role/wide', detail: '* in app: 3 now, and any that are made later' },
  ],
  gaps: [
    { code: 'ICE7108', what: 'the cluster of auth/other', why: 'its API server is none of the file' },
    { code: 'ICE7106', what: 'the policy hidden', why: 'The token may not read sys/policies/acl/hidden' },
  ],
}

const nobody: WhoCanResult = {
  ...mixed,
  source: 'file',
  servers: { clusters: {} },
  question: {
    verb: 'update',
    path: 'sys/mounts/x',
    raw: true,
    needs: [{ path: 'sys/mounts/x', capability: 'update' }],
  },
  answers: [],
  findings: [],
  gaps: [],
}

test.each<[string, Format, WhoCanResult]>([
  ['who-can', 'human', mixed],
  ['who-can', 'json', mixed],
  ['who-can-nobody', 'human', nobody],
])('%s as %s', async (name, format, result) => {
  expectGolden(`${name}.${format}`, await written(format, (view) => view.result(result), { command: 'who-can' }))
})

test('nobody is only said where everything was seen', async () => {
  const last = async (result: WhoCanResult): Promise<string> => {
    const text = await written('human', (view) => view.result(result))
    return text.split('=== stderr')[0]?.trimEnd().split('\n').at(-1) ?? ''
  }
  expect(await last(nobody)).toBe('No service account can.')
  expect(await last({ ...nobody, gaps: mixed.gaps })).toBe(
    'No service account is known that can. Not everything could be seen.',
  )
  expect(await last({ ...nobody, answers: mixed.answers.filter(({ there }) => there === 'no') })).toBe(
    'No service account can.',
  )
})

test('a drawing is all of standard output; where it was saved, what is in it', async () => {
  const result = smallDrawing('dot')
  const text = await written('human', (view) => view.result(result))
  expect(text).toMatch(/^=== stdout ===\n\/\/ Who may get at what[^]*\n}\n=== stderr ===\n$/)
  expectGolden('graph-saved.human', await written('human', (view) => view.result({ ...result, savedTo: 'access.dot' })))
  const [, json = ''] =
    /=== stdout ===\n([^]*)=== stderr/.exec(await written('json', (view) => view.result(result))) ?? []
  const { nodes, edges } = JSON.parse(json) as typeof result
  expect([nodes, edges]).toEqual([result.nodes, result.edges])
})
