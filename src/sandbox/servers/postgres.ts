import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IceError, SANDBOX } from '../../catalogue/index.js'
import { password } from '../files.js'
import { run } from '../run.js'
import type { Command, Server, Start, User } from './server.js'

export interface PostgresOptions {
  /** Everything of this server; the user it runs as must be able to reach it. */
  readonly folder: string
  readonly port: number
  /** Set where the sandbox runs as root, which PostgreSQL refuses to run as. */
  readonly user: User | undefined
  /** Files with the passwords of `postgres`, the superuser, and of `vault`. */
  readonly superuserPassword: string
  readonly vaultPassword: string
}

/** PostgreSQL with the database `app`, and the user `vault` that may make others, and give them what is in `app`. */
export function postgres(options: PostgresOptions): Server {
  const { folder, port, user } = options
  const data = join(folder, 'data')
  return {
    name: 'postgres',
    title: 'PostgreSQL',
    program: 'postgres',
    needs: [],
    port,
    folder,
    // Its "fast" shutdown; SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    prepare: async (start) => {
      if (existsSync(data)) return
      ownFolder(folder, user)
      await makeData({ ...start, program: await reachable(start.program, options) }, data, options)
    },
    command: async (program): Promise<Command> => ({
      program: await reachable(program, options),
      user,
      args: [
        ...['-D', data, '-p', String(port)],
        ...setting('listen_addresses', '127.0.0.1'),
        ...setting('unix_socket_directories', ''),
        // A killed process loses nothing by these, only a machine that loses power.
        ...setting('fsync', 'off'),
        ...setting('synchronous_commit', 'off'),
        ...setting('full_page_writes', 'off'),
      ],
    }),
    // What `pg_ctl --wait` looks at, too. A killed server leaves the file behind, with its own pid.
    isReady: (pid) => {
      const lines = postmasterFile(data)
      return Promise.resolve(lines[0] === String(pid) && lines[7]?.trim() === 'ready')
    },
  }
}

const setting = (name: string, value: string): string[] => ['-c', `${name}=${value}`]

function postmasterFile(data: string): string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return []
  }
}

function ownFolder(folder: string, user: User | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (user) chownSync(folder, user.uid, user.gid)
}

/** The program, or a copy of its distribution in our folder where the other user cannot pass through to it. */
async function reachable(program: string, { folder, user }: PostgresOptions): Promise<string> {
  const home = dirname(dirname(program))
  const copy = join(folder, 'program')
  const inCopy = join(copy, 'bin', 'postgres')
  if (existsSync(copy)) return inCopy
  const runs = await run(program, ['--version'], { user, cwd: folder }).then(
    () => true,
    () => false,
  )
  if (runs) return program
  const making = `${copy}.new`
  rmSync(making, { recursive: true, force: true })
  cpSync(home, making, { recursive: true, verbatimSymlinks: true })
  renameSync(making, copy)
  return inCopy
}

/** Makes a data folder with users, database and table in it; it appears under its name only when it is complete. */
async function makeData(start: Start, data: string, options: PostgresOptions): Promise<void> {
  const { program, log, signal } = start
  const { folder, user, superuserPassword, vaultPassword } = options
  // Names of this process's own: the initdb of an `up` that was killed may still be writing.
  const making = `${data}.new-${process.pid}`
  const passwordFile = join(folder, `initial-password-${process.pid}`)
  writeFileSync(passwordFile, password(superuserPassword), { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const running = { cwd: folder, user, log, signal, failure: SANDBOX.serverFailed, env: { LC_ALL: 'C' } }
  try {
    const flags = [
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]
    await run(join(dirname(program), 'initdb'), [...flags, '--no-sync', '-D', making], running)
  } finally {
    rmSync(passwordFile)
  }
  // Single-user mode: no server has to be up, and no password crosses a connection or an argument list.
  for (const [database, statements] of Object.entries(contents(password(vaultPassword)))) {
    const single = ['--single', ...setting('exit_on_error', 'on'), ...setting('fsync', 'off'), '-D', making, database]
    await run(program, single, { ...running, input: `${statements.join('\n')}\n` })
  }
  renameSync(making, data)
}

/** By database, one statement a line. The password is of letters, digits, `-` and `_`. */
function contents(vaultPassword: string): Readonly<Record<string, readonly string[]>> {
  return {
    postgres: [`CREATE ROLE vault LOGIN CREATEROLE PASSWORD '${vaultPassword}';`, 'CREATE DATABASE app;'],
    app: [
      'CREATE TABLE greetings (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, greeting text NOT NULL);',
      "INSERT INTO greetings (greeting) VALUES ('hello');",
      'GRANT SELECT ON greetings TO vault WITH GRANT OPTION;',
    ],
  }
}

/** The user that PostgreSQL runs as where we are root, which it refuses to be. @throws IceError ICE6012 */
export async function userForRoot(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const user = (await findUser('postgres')) ?? (await findUser('nobody'))
  if (!user) throw new IceError(SANDBOX.noUser, { message: 'PostgreSQL needs a user other than root.' })
  return user
}

async function findUser(name: string): Promise<User | undefined> {
  const id = (flag: string) => run('id', [flag, name])
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid: Number(uid), gid: Number(gid) }),
    () => undefined,
  )
}
