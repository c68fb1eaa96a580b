import { expect, test } from '@jest/globals'
import { proveCredential } from '../../src/database/index.js'
import { Secret } from '../../src/secrets/index.js'
import { silent } from './front.js'

test('a database that takes the connection and says nothing is given up after a few seconds', async () => {
  const front = await silent()
  const began = Date.now()
  const proof = await proveCredential(
    { plugin: 'postgresql-database-plugin', url: `postgresql://{{username}}:{{password}}@127.0.0.1:${front.port}/app` },
    { username: new Secret('someone'), password: new Secret('something') },
    { signal: new AbortController().signal },
  )
  expect(proof).toEqual({
    verdict: 'skipped',
    detail: `issued; not logged in with: 127.0.0.1:${front.port}: timeout expired`,
  })
  expect(Date.now() - began).toBeLessThan(10_000)
  await front.close()
})
