import type { SandboxResult, Variable } from '../results.js'
import type { SandboxState } from '../../sandbox/index.js'
import { count, enumerate, quoted, table } from '../text.js'
import type { Theme } from '../theme.js'

export function sandboxText(result: SandboxResult, theme: Theme): string {
  switch (result.operation) {
    case 'sandbox up':
      return upText(result.sandbox, result.started, theme)
    case 'sandbox down':
      return downText(result)
    case 'sandbox status':
      return statusText(result.sandboxes, theme)
    case 'sandbox env':
      return result.variables.map((variable) => `${exportLine(variable)}\n`).join('')
  }
}

function upText(sandbox: SandboxState, started: readonly string[], theme: Theme): string {
  const what = started.length === 0 ? 'runs already' : `is up; started: ${enumerate(started)}`
  const flag = sandbox.name === 'default' ? '' : ` --name ${sandbox.name}`
  const lines = [
    theme.good(`Sandbox ${sandbox.name} ${what}.`),
    '',
    ...places(sandbox),
    '',
    'Next:',
    `  eval "$(icebreaker sandbox env${flag})"`,
    '  icebreaker plan',
    '  icebreaker apply',
    `  icebreaker sandbox down${flag} --purge`,
  ]
  return `${lines.join('\n')}\n`
}

function places({ product, vaultAddress, context, kubeconfig, file, folder }: SandboxState): string[] {
  return table([
    ['  Vault', `${vaultAddress} (${product})`],
    ['  Cluster', `context ${context} in ${kubeconfig}`],
    ['  File', file],
    ['  Folder', folder],
  ])
}

function downText({ name, stopped, purged }: Extract<SandboxResult, { operation: 'sandbox down' }>): string {
  const what = stopped.length === 0 ? 'did not run' : `is down; stopped: ${enumerate(stopped)}`
  return `Sandbox ${name} ${what}.${purged ? ' Its data is removed.' : ''}\n`
}

function statusText(sandboxes: readonly SandboxState[], theme: Theme): string {
  if (sandboxes.length === 0) return 'There is no sandbox.\nNext: icebreaker sandbox up\n'
  return `${sandboxes.map((sandbox) => statusBlock(sandbox, theme)).join('\n\n')}\n`
}

function statusBlock(sandbox: SandboxState, theme: Theme): string {
  const words = { running: theme.good('running'), dead: theme.bad('DEAD'), stopped: 'stopped' }
  const running = sandbox.servers.filter(({ state }) => state === 'running').length
  const rows = sandbox.servers.map(({ title, state, port, pid, log }) => [
    `  ${title}`,
    words[state],
    `127.0.0.1:${port}`,
    pid === undefined ? '' : `pid ${pid}`,
    log,
  ])
  const head = `Sandbox ${sandbox.name}: ${running} of ${count(sandbox.servers.length, 'server')} running`
  return [theme.bold(head), ...table(rows), ...places(sandbox)].join('\n')
}

/** A line for `eval`: a secret is read from its file by the shell, so that it shows nowhere. */
function exportLine(variable: Variable): string {
  return 'value' in variable
    ? `export ${variable.name}=${quoted(variable.value)}`
    : `export ${variable.name}="$(cat ${quoted(variable.file)})"`
}
