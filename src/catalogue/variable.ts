/** A variable of the environment that is read, or several that mean one thing. The list stands beside the code that reads them. */
export interface Variable {
  readonly names: readonly string[]
  /** A sentence for `help environment` and its page. */
  readonly meaning: string
}
