import { isIceError, isIceErrors } from '../../catalogue/index.js'
import { shellWord } from '../../catalogue/shell-word.js'
import { mapBounded } from '../../http/limit.js'
import type { Finding } from '../../doctor/roots.js'
import type { Address } from '../../kinds/contract.js'
import type { DoctorOptions, TypedFinding } from './types.js'

/** What is to be typed to mend each finding. Where apply would refuse, since an object was made anew, it says what to adopt. */
export async function typed(findings: readonly Finding[], options: DoctorOptions): Promise<readonly TypedFinding[]> {
  const isApplied = findings.some(({ remedy }) => 'apply' in remedy)
  // One plan of the whole file tells, mostly, that nothing is to be adopted: a thousand findings then need no plan each.
  const whole = isApplied ? await toAdopt([], options) : []
  const adoptedBy: AdoptedBy = async (only) => (whole?.length === 0 ? [] : ((await toAdopt(only, options)) ?? []))
  return mapBounded(findings, (finding) => typedOne(finding, options, adoptedBy))
}

type AdoptedBy = (only: readonly Address[]) => Promise<readonly Address[]>

async function typedOne(
  { remedy, ...rest }: Finding,
  options: DoctorOptions,
  adoptedBy: AdoptedBy,
): Promise<TypedFinding> {
  if ('manual' in remedy) return { ...rest, remedy: { text: remedy.manual.join(' '), commands: [], safe: false } }
  const text = remedy.text === undefined ? {} : { text: remedy.text }
  if ('commands' in remedy) {
    const commands = remedy.commands.map((command) => withFile(command, options))
    return { ...rest, remedy: { ...text, commands, safe: false } }
  }
  const adopted = await adoptedBy(remedy.apply)
  const { file, fileMustExist } = options
  const words = [
    ...['icebreaker', 'apply'],
    ...(fileMustExist === true ? ['--file', file] : []),
    ...remedy.apply.flatMap((address) => ['--only', address]),
    ...adopted.flatMap((address) => ['--adopt', address]),
    '--yes',
  ]
  return {
    ...rest,
    remedy: { ...text, commands: [words.map(shellWord).join(' ')], safe: adopted.length === 0 },
    fixes: remedy.apply,
  }
}

/** Our own commands look for ./icebreaker.yaml: where the file was named, they must be told, too. */
function withFile(command: string, { file, fileMustExist }: DoctorOptions): string {
  const isOurs = /^icebreaker (?!init\b)[^|<;&\n]*$/.test(command) && !command.includes(' --file ')
  return fileMustExist === true && isOurs ? `${command} --file ${shellWord(file)}` : command
}

/**
 * What apply would take over, if it might: objects that somebody made anew are no longer ours.
 * @param only the empty list: all of the file
 * @returns undefined where it cannot be planned
 */
async function toAdopt(only: readonly Address[], options: DoctorOptions): Promise<readonly Address[] | undefined> {
  const { apply } = await import('../apply.js')
  const { step: _step, scope: _scope, ...given } = options
  try {
    const confirm = () => Promise.resolve(false)
    const { plan } = await apply({
      ...given,
      only,
      adopt: 'all',
      dryRun: true,
      verify: 'never',
      confirm,
      emit: () => undefined,
    })
    return plan.objects.flatMap(({ address, adopts }) => (adopts === true ? [address] : []))
  } catch (error) {
    // What keeps it from being planned is among the findings.
    if (isIceError(error) || isIceErrors(error)) return undefined
    throw error
  }
}
