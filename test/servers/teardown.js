import './typescript.js'

/** Jest's globalTeardown. */
export default async function teardown() {
  const { stopTestServers } = await import('./index.ts')
  await stopTestServers()
}
