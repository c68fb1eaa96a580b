import { execa } from 'execa'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { servers } from '../servers/index.js'

export const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Ran {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
}

type Env = Readonly<Record<string, string | undefined>>

/** A home with nothing in it, so that no token and no kubeconfig of this machine plays a part. */
export const emptyHome = (): string => mkdtempSync(join(tmpdir(), 'icebreaker-home-'))

/** What an operator of the test servers has in the environment. */
export function operatorEnv(home: string): Env {
  const { vaultAddress, token, postgres } = servers()
  return {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_STATE_HOME: join(home, 'state'),
    VAULT_ADDR: vaultAddress,
    VAULT_TOKEN: token,
    PGPASSWORD: postgres.vault.password,
  }
}

/** Starts the command line as a process, off a terminal. */
export function start(args: readonly string[], env: Env) {
  return execa(process.execPath, [RUN, ...args], { env, extendEnv: false, reject: false, stdin: 'ignore' })
}

export async function icebreaker(args: readonly string[], env: Env): Promise<Ran> {
  const { exitCode, signal, stdout, stderr } = await start(args, env)
  return { exitCode, signal, stdout, stderr }
}
