import { Secret } from './secret.js'

/**
 * A secret that an operator asked to see. Views print its text as it is, where they blank out every other secret; made
 * only where a flag says so.
 */
export class Shown {
  readonly #secret: Secret

  constructor(secret: Secret) {
    this.#secret = secret
  }

  /** What is printed. Static, so that a search finds every place that does it. */
  static text(shown: Shown): string {
    return Secret.reveal(shown.#secret)
  }

  toString(): string {
    return String(this.#secret)
  }

  toJSON(): string {
    return this.#secret.toJSON()
  }
}
