#!/usr/bin/env node
// The whole story on real servers of its own: sandbox, plan, apply, verify, and apply again, which changes nothing.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const NAME = 'demo'
const CHANGES = 4

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = `${root}bin/run.js`
const say = (text = '') => process.stdout.write(`${text}\n`)

// What is set for other servers must not lead the demo there.
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:VAULT|BAO|ICEBREAKER)_|^KUBECONFIG$/.test(name)),
)

/** Runs the command as it would be typed; the demo ends with it where it fails. */
function type(args, env, allowed = [0]) {
  say(`\n$ icebreaker ${args.join(' ')}`)
  const { status, signal } = spawnSync(process.execPath, [cli, ...args], { env, stdio: 'inherit' })
  if (allowed.includes(status)) return status
  say(`\nThe demo ends here: this command ${signal ? `was ended by ${signal}` : `exited with ${status}`}.`)
  process.exit(status ?? 1)
}

/** The result of a command that is only asked. */
function ask(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json'], { env: clean })
  if (status === 0) return JSON.parse(stdout.toString())
  process.stderr.write(stderr)
  process.exit(status ?? 1)
}

say('Servers of our own: Kubernetes, a Vault, PostgreSQL. The first time they have to be built: some minutes.')
type(['sandbox', 'up', '--name', NAME], clean)
const { env: given } = ask('sandbox', 'env', '--name', NAME, '--show-secret')
const env = { ...clean, ...given }

say('\nWhat is missing? (Nothing is changed. Exit code 4 means that there is something to do.)')
const before = type(['plan', '--exit-code'], env, [0, CHANGES])

say('\nIntroduce them to each other, and prove that it works and that what must be refused is refused:')
type(['apply', '--yes'], env)

say('\nProve it again, at any time:')
type(['verify'], env)

say('\nAnd a second apply changes nothing:')
type(['apply', '--yes'], env)

const { servers } = ask('sandbox', 'status', '--name', NAME).sandboxes[0]
const port = (server) => servers.find(({ name }) => name === server)?.port
say(`
${before === CHANGES ? 'Done.' : 'Done. An earlier demo had made all of this: nothing was changed.'}

What stands where
  Vault       ${env.VAULT_ADDR}
              auth method auth/demo; engines static/, postgres/ and transit/
  Kubernetes  ${env.KUBECONFIG}
              namespaces vault-auth (the reviewer, the inventory), app, vault-secrets-operator-system
  PostgreSQL  127.0.0.1:${port('postgres')}
  The file    ${env.ICEBREAKER_FILE}

What to type next
  alias icebreaker='${process.execPath} ${cli}'
  eval "$(icebreaker sandbox env --name ${NAME})"   this shell now speaks to these servers
  icebreaker plan                                change the file first, a tokenTTL for example
  icebreaker help                                all that it can do
  icebreaker sandbox down --name ${NAME} --purge    stop and remove them`)
