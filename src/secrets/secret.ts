import { inspect } from 'node:util'
import { remember } from './redact.js'

const MASK = '(secret)'

/**
 * A value that must not be seen. It can be passed around, compared by identity and printed (as `(secret)`), and is
 * opened with `reveal` only where it crosses the wire: in src/vault, src/kubernetes and src/database (a test holds that).
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
    remember(value)
  }

  /** Opens a secret. Static, so that a search for `Secret.reveal` finds every place that does it. */
  static reveal(secret: Secret): string {
    return secret.#value
  }

  /** Do two hold the same? Of a text that is no secret the text itself is compared. */
  static equal(a: Secret, b: Secret | string): boolean {
    return a.#value === (b instanceof Secret ? b.#value : b)
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
