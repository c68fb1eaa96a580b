import type { ProgramName } from '../versions.js'

/** One server of a sandbox: all that is known of how to run it. Ports and folders are settled when it is made. */
export interface Server {
  /** Also the name of its log. */
  readonly name: string
  /** What people call it. */
  readonly title: string
  readonly program: ProgramName
  /** Names of servers that must be ready before this one is started. */
  readonly needs: readonly string[]
  /** Where it is spoken to, on 127.0.0.1. */
  readonly port: number
  /** Its working directory; it exists once `prepare` is done. */
  readonly folder: string
  /** What makes it end in an orderly way at once. */
  readonly stopSignal: NodeJS.Signals
  /** Makes its data and what it reads; leaves alone what is there and whole, also after a kill halfway. */
  prepare(start: Start): Promise<void>
  command(program: string): Command | Promise<Command>
  /** One attempt to see that it does its work; what is still to be done for that (initialise, unseal) is done here. */
  isReady(pid: number): Promise<boolean>
  /** A running process that is of no use must be started afresh; default: keep it. */
  mustRestart?(): boolean
}

/** What a start has at hand. */
export interface Start {
  readonly program: string
  readonly log: string
  readonly signal?: AbortSignal | undefined
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** Run as somebody else. */
  readonly user?: User | undefined
}

export interface User {
  readonly uid: number
  readonly gid: number
}
