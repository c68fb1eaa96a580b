import { randomBytes } from 'node:crypto'
import { IceError, isIceError, VAULT } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { Secret } from '../../secrets/index.js'
import { path } from '../path.js'
import type { Vault, VaultLogin } from '../types.js'
import { listenForCallback } from './callback.js'
import type { LoginHelp, OidcLogin } from './types.js'

/**
 * Logs a person in with a browser: Vault says where to send it, the provider sends it back to a listener on this machine,
 * and what it brings is handed to Vault. The flow of Vault's own command line (vault-plugin-auth-jwt, cli.go), with
 * response modes other than `form_post`.
 * @throws IceError USAGE.nobodyToAsk, VAULT.browserLogin, VAULT.loginRefused
 */
export async function oidcLogin(vault: Vault, login: OidcLogin, help: LoginHelp): Promise<VaultLogin> {
  const { attend, browse, signal } = help
  if (attend === undefined) {
    throw new IceError(USAGE.nobodyToAsk, {
      message: 'The login is a person’s, in a browser (oidc), but there is no terminal here.',
      next: ['In a pipeline log in with a method of machines: --login jwt,…, approle,… or kubernetes,….'],
    })
  }
  await using listener = await listenForCallback(login.callbackPort)
  const nonce = new Secret(randomBytes(18).toString('base64url'))
  const page = await pageOf(vault, login, listener.redirect, nonce)
  const state = page.searchParams.get('state') ?? ''
  const limit = AbortSignal.timeout(login.timeout * 1000)
  const until = signal ? AbortSignal.any([signal, limit]) : limit
  const text = `Log in to ${vault.address} with a browser${browse ? ', which opens now' : ''}:\n\n    ${page.href}\n\nIt comes back to ${listener.redirect}.`
  // Awaited here: the listener goes with this function.
  return await attend(text, async () => {
    browse?.(page.href)
    const answer = await listener.answer(state, until).catch((error: unknown) => {
      throw limit.aborted && signal?.aborted !== true ? late(login) : error
    })
    try {
      const { code } = answer
      const done = await vault.loginAt(path`auth/${login.path}/oidc/callback`, {
        query: { code, state, client_nonce: nonce },
      })
      await answer.reply(true)
      return done
    } catch (error) {
      await answer.reply(false)
      throw error
    }
  })
}

/** Where to send the browser. */
async function pageOf(vault: Vault, login: OidcLogin, redirect: string, nonce: Secret): Promise<URL> {
  const target = path`auth/${login.path}/oidc/auth_url`
  const body = { role: login.role, redirect_uri: redirect, client_nonce: nonce }
  let address: unknown
  try {
    address = (await vault.write<{ auth_url?: unknown }>(target, body, { repeatable: true })).data.auth_url
  } catch (error) {
    const { badRequest, noToken, unsupportedPath, serverError } = VAULT
    const codes: readonly string[] = [badRequest.code, noToken.code, unsupportedPath.code, serverError.code]
    if (!isIceError(error) || !codes.includes(error.code)) throw error
    throw new IceError(VAULT.loginRefused, {
      ...error.details,
      message: `Vault does not begin the login: ${error.message}`,
    })
  }
  const page = typeof address === 'string' ? URL.parse(address) : null
  // Handed to a browser, so nothing but a web page; Vault answers with nothing where the redirect is not allowed.
  if (page?.protocol === 'https:' || page?.protocol === 'http:') return page
  throw new IceError(VAULT.browserLogin, {
    message: `Vault has no page to log in at: the role ${login.role ?? '(default)'} of auth/${login.path} is missing, or does not allow ${redirect}.`,
  })
}

const late = ({ timeout }: OidcLogin): IceError =>
  new IceError(VAULT.browserLogin, { message: `The browser did not come back within ${timeout} seconds.` })
