import { spawn } from 'node:child_process'

/** What opens a page on each system; without a shell, which would read `&` in an address as its own. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens a page in the person's browser. Where that fails they open it themselves: its address was told. */
export function openBrowser(url: string): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], {
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
    env: withoutTokens(),
  })
  child.on('error', () => undefined)
  child.unref()
}

/** A browser has no business with them, and keeps its environment for as long as it runs. */
const withoutTokens = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/TOKEN|PASSWORD|SECRET/i.test(name)))
