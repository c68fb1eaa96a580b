import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../docs/pages.js'

/** One piece of shell of a pipeline. */
export interface Piece {
  /** What it is called, or what its comment or its place says. */
  readonly name: string
  readonly shell: string
}

/** A job: its shell in order, the login apart. */
export interface Job {
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly login: readonly Piece[]
  readonly work: readonly Piece[]
  readonly logout: readonly Piece[]
}

interface Step {
  readonly name?: string
  readonly run?: string
}

interface Workflow {
  readonly env: Readonly<Record<string, string>>
  readonly jobs: Readonly<
    Record<string, { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >
}

interface GitlabJob {
  readonly extends?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly before_script?: readonly string[]
  readonly script?: readonly string[]
  readonly after_script?: readonly string[]
}

export const PIPELINES = ['github-actions', 'gitlab-ci'] as const
export type Pipeline = (typeof PIPELINES)[number]

export const source = (pipeline: Pipeline): string => readFileSync(join(root, `templates/ci/${pipeline}.yml`), 'utf8')

/** The jobs of a template, as the platform runs them. */
export function jobsOf(pipeline: Pipeline): readonly Job[] {
  return pipeline === 'github-actions' ? github() : gitlab()
}

function github(): Job[] {
  const { env, jobs } = parse(source('github-actions')) as Workflow
  return Object.entries(jobs).map(([name, job]) => {
    const pieces = job.steps.flatMap(({ name: step = '', run }) =>
      run === undefined ? [] : [{ name: step, shell: run }],
    )
    const of = (test: RegExp): Piece[] => pieces.filter((piece) => test.test(piece.name))
    return {
      name,
      environment: { ...env, ...job.env },
      login: of(/^Log in$/),
      work: of(/^(?!Log in$|Log out$|Install )/),
      logout: of(/^Log out$/),
    }
  })
}

function gitlab(): Job[] {
  const file = parse(source('gitlab-ci')) as Readonly<Record<string, GitlabJob>>
  const shared = file['.icebreaker']!
  return ['plan', 'apply'].map((name) => {
    const job = file[name]!
    const pieces = (part: 'before_script' | 'script' | 'after_script'): Piece[] =>
      (job[part] ?? shared[part] ?? []).map((shell, index) => ({ name: `${part} ${index + 1}`, shell }))
    return {
      name,
      environment: { ...file['variables'], ...shared.variables, ...job.variables } as Record<string, string>,
      login: pieces('before_script'),
      work: pieces('script'),
      logout: pieces('after_script'),
    }
  })
}
