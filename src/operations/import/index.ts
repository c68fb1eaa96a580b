import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { check } from '../../config/problems.js'
import { fileSchema } from '../../config/schema.js'
import { parseYaml } from '../../config/yaml.js'
import { phase } from '../../events/index.js'
import { inTime } from '../../http/in-time.js'
import { freshIo } from '../../reconcile/observe.js'
import { createResolver } from '../../secrets/index.js'
import { FILE } from '../../catalogue/index.js'
import { labelOf } from '../init/names.js'
import { connectVault, DEFAULT_TIMEOUT, timer } from '../session.js'
import { assemble } from './assemble.js'
import { collectClusters } from './clusters.js'
import { collectVault } from './collect.js'
import { fileText } from './text.js'
import type { ImportOptions, ImportResult } from './types.js'
import { writeAll } from './write.js'

export type { ImportOptions, ImportResult } from './types.js'

/** A file that nobody writes: only shown. */
const NOWHERE = '-'

/**
 * Reads what stands in Vault and in the clusters, and makes the file that would make the same. Changes nothing on a server.
 * What Vault does not show becomes a value to fill in; what the file has no word for is told.
 * @throws IceError FILE.nothingToImport, USAGE.fileExists, USAGE.fileNotWritten; what keeps it from reading Vault
 */
export async function importFile(options: ImportOptions): Promise<ImportResult> {
  const { out, dryRun, emit } = options
  const timeout = options.timeout ?? DEFAULT_TIMEOUT
  const stop = AbortSignal.any([options.stop, timer(timeout, timeout)])
  const configFile = resolve(out === NOWHERE ? 'icebreaker.yaml' : out)
  const vault = await connectVault({ ...options, file: configFile }, { vault: { accept: [] } }, configFile, stop)
  try {
    const io = freshIo({
      vault,
      cluster: () => {
        throw new Error('no cluster is open')
      },
      secrets: createResolver({
        env: {},
        baseDir: dirname(configFile),
        readKubernetesSecret: () => Promise.resolve(undefined),
      }),
      emit,
      signal: stop,
    })
    const live = await phase(emit, 'Read Vault', () => inTime(collectVault(io, options), stop))
    const clusters = await phase(emit, 'Read the clusters', () =>
      inTime(collectClusters(live.mounts, options, stop), stop),
    )
    const name = options.name ?? labelOf(live.mounts[0]?.path ?? '') ?? 'imported'
    const assembled = assemble({ name, live, clusters, vault: vaultSection(options, configFile) })
    const yaml = fileText(assembled)
    check(fileSchema, parseYaml(yaml, out === NOWHERE ? 'icebreaker.yaml' : out))
    const { beside, comments, left, variables } = assembled
    const isWritten = out !== NOWHERE && !dryRun
    if (isWritten) await writeAll(out, yaml, beside)
    else
      for (const { what, why } of left)
        emit({ type: 'note', level: 'warning', code: FILE.notImported.code, text: `Not in the file: ${what}: ${why}.` })
    const holes = comments.filter(({ isHole }) => isHole)
    return {
      operation: 'import',
      state: isWritten ? 'written' : 'shown',
      file: out,
      yaml,
      beside,
      holes: holes.map(({ keys, text }) => ({ at: keys.join('.'), why: text })),
      left,
      variables,
    }
  } finally {
    await vault.close()
  }
}

/** What flags say of the connection, so that the next command needs no flag. Without a file to be beside, paths stay whole. */
function vaultSection(
  { vaultCaFile, vaultTlsServerName, out }: ImportOptions,
  configFile: string,
): Readonly<Record<string, string | undefined>> {
  const caFile =
    vaultCaFile === undefined || isAbsolute(vaultCaFile) || out === NOWHERE
      ? vaultCaFile
      : relative(dirname(configFile), resolve(vaultCaFile))
  return { caFile, tlsServerName: vaultTlsServerName }
}
