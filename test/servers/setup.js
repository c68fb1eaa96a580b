import './typescript.js'

/** Jest's globalSetup: jest loads this file as it is, without the transform that tests get. */
export default async function setup() {
  const { startTestServers } = await import('./index.ts')
  await startTestServers()
}
