#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const { engines, name, version } = pjson
const [major, minor] = process.versions.node.split('.').map(Number)
const fit = (major === 22 && minor >= 22) || (major === 24 && minor >= 15) || major >= 26

if (!fit) {
  process.stderr.write(`icebreaker needs Node ${engines.node}; this is ${process.version}.\n`)
  process.exitCode = 2
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.on('error', ({ code }) => {
    if (code === 'EPIPE') return
    process.stderr.write(`icebreaker: standard output cannot be written (${code}).\n`)
    process.exitCode = 1
  })
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  const { enableCompileCache } = await import('./compile-cache.js')
  enableCompileCache()
  if (process.argv[2] === '__complete') {
    // A shell asks at every TAB: nothing of the command line itself is loaded.
    const { complete } = await import('../dist/complete.js')
    await complete(root, pjson, process.argv.slice(3))
  } else {
    const { main } = await import('../dist/main.js')
    await main(root, pjson)
  }
  // All is done and said. What is left would only take its time: idle connections, compilers at work ahead of need.
  if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit()
}
