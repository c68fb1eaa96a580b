import { BlockList, isIP } from 'node:net'
import type { Variable } from '../catalogue/variable.js'
import { hostOf, isLoopback, portOf } from './host.js'

export interface NamedProxy {
  /** A URL. */
  readonly value: string
  /** The variable that names it. */
  readonly from: string
}

/** What the environment says to all programs; each also in small letters. */
export const PROXY_VARIABLES: readonly Variable[] = [
  { names: ['HTTPS_PROXY', 'HTTP_PROXY'], meaning: 'The proxy for https and for http addresses; never for loopback.' },
  {
    names: ['NO_PROXY'],
    meaning: 'What is reached without it: *, hosts with their subdomains, addresses, CIDR ranges.',
  },
]

/**
 * The proxy that the environment names for a server, by the rules that kubectl, vault and bao follow
 * (golang.org/x/net/http/httpproxy): HTTPS_PROXY or HTTP_PROXY by scheme; never for loopback; NO_PROXY lists `*`, hosts
 * with their subdomains, `.subdomains`, addresses and CIDR ranges, each name with an optional port. undici's own reading
 * of NO_PROXY knows no CIDR, which is how clusters write it. Of two spellings that are both set the upper case counts.
 * Pure.
 */
export function proxyFromEnvironment(
  server: URL,
  env: Readonly<Record<string, string | undefined>>,
): NamedProxy | undefined {
  const variable = (name: string): NamedProxy | undefined => {
    const from = env[name] ? name : name.toLowerCase()
    const value = env[from]
    return value ? { value, from } : undefined
  }
  const proxy = variable(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (!proxy || isLoopback(server) || isExempt(server, variable('NO_PROXY')?.value ?? '')) return undefined
  return { ...proxy, value: withScheme(proxy.value) }
}

/** `proxy:3128` is `http://proxy:3128`. */
export function withScheme(proxy: string): string {
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isExempt(server: URL, noProxy: string): boolean {
  const [host, port] = [hostOf(server), portOf(server)]
  return noProxy
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .some((entry) => entry !== '' && covers(entry, host, port))
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return inSubnet(entry, host)
  const [, bracketed, plain, only] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? []
  if (only !== undefined && only !== port) return false
  const name = (bracketed ?? plain ?? entry).replace(/^\*\./, '.')
  if (name.startsWith('.')) return host.endsWith(name)
  return host === name || (isIP(name) === 0 && host.endsWith(`.${name}`))
}

function inSubnet(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(bits), type)
  return list.check(host, type)
}
