// The reads that a plan needs, and nothing else: node bare-reads.js COUNT, with VAULT_ADDR, VAULT_TOKEN and VAULT_CACERT.
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'

const CONNECTIONS = 32
const count = Number(process.argv[2])
const numbers = Array.from({ length: count }, (_, index) => index)
const paths = numbers.flatMap((number) => [`/v1/sys/policies/acl/many-${number}`, `/v1/auth/many/role/many-${number}`])

const pool = new Pool(process.env.VAULT_ADDR, {
  connections: CONNECTIONS,
  pipelining: 1,
  allowH2: false,
  connect: { ca: readFileSync(process.env.VAULT_CACERT) },
})
const headers = { 'X-Vault-Token': process.env.VAULT_TOKEN }
const next = paths.values()
await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    for (const path of next) {
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers })
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`)
      await body.json()
    }
  }),
)
await pool.close()
