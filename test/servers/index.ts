import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { IceEvent } from '../../src/events/index.js'
import { down, env, up } from '../../src/sandbox/index.js'
import { clusterFiles } from '../../src/sandbox/servers/pki.js'
import { placesOf } from '../../src/sandbox/places.js'
import { readSecret } from '../../src/sandbox/files.js'
import { sandboxNames } from '../../src/sandbox/record.js'
import { stopExtras } from './extra.js'

/** The real servers that one test run shares. Each test uses mounts, namespaces and database users of its own. */
export interface TestServers {
  readonly name: string
  readonly product: 'openbao' | 'vault'
  /** Administrator of the cluster; its one context is `context`. */
  readonly kubeconfig: string
  readonly context: string
  readonly apiServer: string
  readonly apiServerCA: string
  /** PEM file: the key that signs the cluster's service-account tokens. */
  readonly signingKey: string
  readonly vaultAddress: string
  readonly caFile: string
  /** Vault's root token. */
  readonly token: string
  readonly postgres: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly superuser: Credentials
    /** Not a superuser; may create users and grant SELECT on the table `greetings`. */
    readonly vault: Credentials
  }
  readonly etcdPort: number
  /** The reference scenario as an `icebreaker.yaml`. */
  readonly file: string
  /** Set by the run that started them, and that stops them at its end. */
  readonly startedBy?: { readonly pid: number; readonly stateHome: string }
}

interface Credentials {
  readonly user: string
  readonly password: string
}

/** The servers of this test run. */
export function servers(): TestServers {
  const file = process.env['ICEBREAKER_TEST_SERVERS']
  if (!file) {
    throw new Error(
      'No test servers: run the tests by the configuration that starts them, or set ICEBREAKER_TEST_SERVERS.',
    )
  }
  return JSON.parse(readFileSync(file, 'utf8')) as TestServers
}

/**
 * Starts real servers for a test run and puts the path of their description into ICEBREAKER_TEST_SERVERS; where that is
 * set already, those servers are used. ICEBREAKER_TEST_KEEP=1: they stay, and the next such run finds them.
 * ICEBREAKER_TEST_VAULT: openbao (default) or vault.
 */
export async function startTestServers(): Promise<void> {
  if (process.env['ICEBREAKER_TEST_SERVERS']) return
  const product = process.env['ICEBREAKER_TEST_VAULT'] === 'vault' ? 'vault' : 'openbao'
  if (process.env['ICEBREAKER_TEST_KEEP'] === '1') return describe(`test-${product}`, product)
  await sweep()
  const stateHome = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  process.env['XDG_STATE_HOME'] = stateHome
  await describe(`test-${process.pid}`, product, { pid: process.pid, stateHome })
}

/** Stops what this run started, and removes it. */
export async function stopTestServers(): Promise<void> {
  const { name, startedBy } = servers()
  if (startedBy?.pid !== process.pid || !basename(startedBy.stateHome).startsWith(PREFIX)) return
  await stopExtras(placesOf(name).folder)
  await down({ name, purge: true, emit })
  rmSync(startedBy.stateHome, { recursive: true, force: true })
}

const PREFIX = 'icebreaker-test-'

async function describe(
  name: string,
  product: 'openbao' | 'vault',
  startedBy?: TestServers['startedBy'],
): Promise<void> {
  const state = await up({ name, product, emit, signal: new AbortController().signal })
  const places = placesOf(name)
  const files = clusterFiles(join(places.folder, 'pki'))
  const port = (server: string) => state.servers.find((one) => one.name === server)!.port
  const description: TestServers = {
    name,
    product,
    kubeconfig: state.kubeconfig,
    context: state.context,
    apiServer: `https://127.0.0.1:${port('kube-apiserver')}`,
    apiServerCA: files.ca,
    signingKey: files.signingKey,
    vaultAddress: state.vaultAddress,
    caFile: state.caFile,
    token: env({ name })['VAULT_TOKEN']!,
    postgres: {
      host: '127.0.0.1',
      port: port('postgres'),
      database: 'app',
      superuser: { user: 'postgres', password: readSecret(places.superuserPassword) },
      vault: { user: 'vault', password: readSecret(places.vaultPassword) },
    },
    etcdPort: port('etcd'),
    file: state.file,
    ...(startedBy ? { startedBy } : {}),
  }
  const file = join(places.folder, 'test-servers.json')
  writeFileSync(file, JSON.stringify(description, null, 2), { mode: 0o600 })
  process.env['ICEBREAKER_TEST_SERVERS'] = file
}

/** A run that was killed could not stop its servers: the next one does. */
async function sweep(): Promise<void> {
  const before = process.env['XDG_STATE_HOME']
  for (const entry of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(entry)?.[1]
    if (!owner || exists(Number(owner))) continue
    process.env['XDG_STATE_HOME'] = join(tmpdir(), entry)
    for (const name of sandboxNames()) {
      await stopExtras(placesOf(name).folder)
      await down({ name, purge: true, emit })
    }
    rmSync(join(tmpdir(), entry), { recursive: true, force: true })
  }
  if (before === undefined) delete process.env['XDG_STATE_HOME']
  else process.env['XDG_STATE_HOME'] = before
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The first run builds for minutes: whoever waits sees what for. */
function emit(event: IceEvent): void {
  if (event.type === 'step' && event.id.startsWith('install ')) {
    process.stderr.write(
      `${event.title}: ${event.state}${event.seconds === undefined ? '' : ` after ${event.seconds} s`}\n`,
    )
  }
}
