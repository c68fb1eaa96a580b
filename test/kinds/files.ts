import * as v from 'valibot'
import type { Context, File } from '../../src/config/file.js'
import { fileSchema, type FileInput } from '../../src/config/schema.js'

/** A checked file with one cluster. */
export function fileWith(more: Partial<FileInput> = {}, auth: object = {}): File {
  return v.parse(fileSchema, {
    version: 1,
    name: 'test',
    clusters: {
      demo: { auth: { path: 'demo', reviewer: { namespace: 'vault-auth', serviceAccount: 'reviewer' }, ...auth } },
    },
    ...more,
  })
}

export const context: Context = {
  clusters: {
    demo: { apiServer: 'https://10.0.0.1:6443', ca: 'PEM', caFrom: 'kubeconfig', proof: { by: 'operator' } },
  },
  texts: { 'by-hand.hcl': 'path "x" { capabilities = ["read"] }' },
}
