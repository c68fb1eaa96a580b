import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { IceEvent } from '../src/events/index.js'
import type { DoctorResult } from '../src/operations/doctor/types.js'
import { down, env, installServer, up, type SandboxState } from '../src/sandbox/index.js'
import { manyFile } from './many-file.js'
import { once, peakMemory, type Command, type Times } from './measure.js'
import { report, say } from './report.js'

const NAME = 'bench'
const ROUNDS = 5
/** What takes milliseconds needs more of them. */
const SHORT_ROUNDS = 15
const MANY = 1000

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const sandbox = await up({ name: NAME, emit: tell, signal: new AbortController().signal })
try {
  const environment = await withPrograms(sandbox)
  say(`Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} cores; ${sandbox.product}`)
  await measureStartUp(environment)
  await measureReference(environment)
  await measureDoctor(environment)
  await measureMany(environment)
} finally {
  await down({ name: NAME, purge: true, emit: tell })
}

/** The sandbox's variables, with kubectl and bao on PATH. */
async function withPrograms({ servers }: SandboxState): Promise<NodeJS.ProcessEnv> {
  const programs = [await installServer('kubectl', { emit: tell }), await installServer('bao', { emit: tell })]
  const folders = [...programs.map((program) => dirname(program)), process.env['PATH'] ?? '']
  const postgres = servers.find(({ name }) => name === 'postgres')?.port
  // What is set for other servers must not lead a run there.
  const clean = Object.entries(process.env).filter(([name]) => !/^(?:VAULT|BAO|ICEBREAKER)_/.test(name))
  return {
    ...Object.fromEntries(clean),
    ...env({ name: NAME }),
    PATH: folders.join(delimiter),
    POSTGRES: `127.0.0.1:${String(postgres)}`,
  }
}

function icebreaker(environment: NodeJS.ProcessEnv, ...args: string[]): Command {
  return { program: process.execPath, args: [here('../bin/run.js'), ...args], env: environment }
}

function script(environment: NodeJS.ProcessEnv, file: string): Command {
  return { program: 'bash', args: [here(file)], env: environment }
}

async function measureStartUp(environment: NodeJS.ProcessEnv): Promise<void> {
  const version = icebreaker(environment, '--version')
  const empty: Command = { program: process.execPath, args: [here('empty.js')], env: environment }
  const [times, base] = await alternately(SHORT_ROUNDS, version, empty)
  report({ what: 'Start-up (--version)', times, against: 'an empty Node program', base, target: 3 })
}

async function measureReference(environment: NodeJS.ProcessEnv): Promise<void> {
  const byHand = script(environment, 'by-hand.sh')
  const reset = script(environment, 'reset.sh')
  const apply = icebreaker(environment, 'apply', '--yes')
  const cold: number[] = []
  const again: number[] = []
  const base: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    base.push(await once(byHand))
    await once(reset)
    cold.push(await once(apply))
    again.push(await once(apply))
    await once(reset)
  }
  const against = 'the same with 35 kubectl and bao commands'
  report({ what: 'Cold apply, verified', times: cold, against, base, target: 0.5 })
  report({ what: 'Second apply', times: again, against, base, target: 0.1 })
}

async function measureDoctor(environment: NodeJS.ProcessEnv): Promise<void> {
  await once(icebreaker(environment, 'apply', '--yes'))
  const { program, args, env: variables } = icebreaker(environment, 'doctor', '--probe', '--json')
  const whole: number[] = []
  const chain: number[] = []
  let calls = 0
  for (let round = 0; round <= ROUNDS; round++) {
    const { stdout } = await promisify(execFile)(program, args, { env: variables, maxBuffer: 2 ** 26 })
    const { effort } = JSON.parse(stdout) as Pick<DoctorResult, 'effort'>
    if (round === 0) continue
    whole.push(effort.seconds * 1000)
    chain.push(effort.chainSeconds * 1000)
    ;({ calls } = effort)
  }
  const against = 'its longest chain of answers that needed each other'
  report({ what: 'Complete examination (doctor --probe)', times: whole, against, base: chain, target: 1.5 })
  say(`    ${calls} calls`)
  await once(script(environment, 'reset.sh'))
}

async function measureMany(environment: NodeJS.ProcessEnv): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'icebreaker-bench-'))
  try {
    const file = join(folder, 'icebreaker.yaml')
    writeFileSync(file, manyFile(MANY, sandbox))
    const many = { ...environment, ICEBREAKER_FILE: file }
    const small = join(folder, 'small.yaml')
    writeFileSync(small, manyFile(0, sandbox))
    const first = await once(icebreaker(many, 'apply', '--yes', '--no-verify'))
    const plan = icebreaker(many, 'plan')
    const few = icebreaker({ ...environment, ICEBREAKER_FILE: small }, 'plan')
    const bare: Command = { program: process.execPath, args: [here('bare-reads.js'), String(MANY)], env: many }
    const [times, base] = await alternately(ROUNDS, plan, bare)
    const what = `Plan of ${MANY} policies and ${MANY} roles`
    report({ what, times, against: `their ${2 * MANY} reads, bare`, base, target: 2.5 })
    const peak = async (command: Command): Promise<string> => `${(await peakMemory(command)).toFixed()} MiB`
    say(
      `    peak memory ${await peak(plan)}; the bare reads ${await peak(bare)}; a plan of nothing but the trust ${await peak(few)}`,
    )
    say(`    the first apply took ${(first / 1000).toFixed(1)} s`)
    const [doctor, again] = await alternately(ROUNDS, icebreaker(many, 'doctor'), plan)
    report({ what: 'doctor of the same', times: doctor, against: 'its plan', base: again, target: 1.5 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Takes turns, so that what else the machine does hits both; the first turn fills caches and is not counted. */
async function alternately(rounds: number, one: Command, other: Command): Promise<[Times, Times]> {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    const turn = [await once(one), await once(other)] as const
    if (round === 0) continue
    times[0].push(turn[0])
    times[1].push(turn[1])
  }
  return times
}

function tell(event: IceEvent): void {
  if (event.type === 'step' && event.state === 'started') process.stderr.write(`${event.title} …\n`)
}
