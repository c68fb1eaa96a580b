#!/usr/bin/env node
// Builds dist/: one small entry a command, shared chunks, dependencies included; Vault's parser; then oclif's manifest.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildHcl, HCL_FILES } from './hcl.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const shared = join(root, 'src/commands/base')
const commands = readdirSync(join(root, 'src/commands'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.parentPath !== shared)
  .map((entry) => join(entry.parentPath, entry.name))

/** Of client-node only KubeConfig is used, and only for credentials: not its thousand API classes, nor what they send with. */
const kubeConfigAlone = {
  name: 'kubeconfig-alone',
  setup({ onResolve, onLoad }) {
    const package_ = join(root, 'node_modules/@kubernetes/client-node')
    onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: join(package_, 'dist/config.js') }))
    onResolve({ filter: /^(?:\.\/gen\/index\.js|undici)$/ }, ({ importer, path }) =>
      importer.startsWith(package_) ? { path, namespace: 'unused' } : undefined,
    )
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** esbuild gives a CommonJS package that is imported dynamically nothing but a default; Node gives it its names, too. */
const dynamicCommonJS = {
  name: 'dynamic-commonjs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:@|[a-z-]+(?:\/|$))/ }, async ({ kind, path }) => {
      if (kind !== 'dynamic-import') return undefined
      const names = Object.keys(await import(path))
      return names.includes('module.exports') ? { path, namespace: 'named', pluginData: names } : undefined
    })
    onLoad({ filter: /./, namespace: 'named' }, ({ path, pluginData }) => {
      const names = pluginData.filter((name) => /^\w+$/.test(name))
      return { contents: `export { ${names.join(', ')} } from '${path}'`, resolveDir: root }
    })
  },
}

buildHcl()

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/complete.ts', ...commands],
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  // What their users load only where it is installed.
  external: ['bufferutil', 'pg-native', 'typescript', 'utf-8-validate'],
  plugins: [kubeConfigAlone, dynamicCommonJS],
  // CommonJS dependencies expect these two.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url),__dirname=import.meta.dirname;",
  },
  metafile: true,
  logLevel: 'warning',
  // esbuild has said by itself what is wrong.
}).catch(() => process.exit(1))

// What an earlier build left goes last, so that there is a dist/ at all times.
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const file = relative(root, join(entry.parentPath, entry.name))
  if (entry.isFile() && !(file in metafile.outputs) && !HCL_FILES.includes(file)) rmSync(join(root, file))
}

const { Plugin } = await import('@oclif/core/config')
const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true })
await plugin.load()
// oclif lists its commands as the disk gives them; what is built from the same sources is to be the same.
const sorted = Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1))
const manifest = { ...plugin.manifest, commands: Object.fromEntries(sorted) }
writeFileSync(join(root, '.oclif.manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
