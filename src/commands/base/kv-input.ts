import { text as readStream } from 'node:stream/consumers'
import { IceError } from '../../catalogue/index.js'
import { USAGE } from '../../catalogue/usage.js'
import { jsonData, pairsData, type KvData } from '../../operations/steps/kv-data.js'

type Prompt = (question: string) => Promise<string>

/** What a secret is to hold, from KEY=SOURCE pairs, or from standard input where they are `-` alone. */
export async function kvInput(
  values: readonly string[],
  prompt: Prompt | undefined,
): Promise<{ readonly data: KvData; readonly prompt?: Prompt; readonly origin?: string }> {
  if (!values.includes('-')) return { data: pairsData(values), ...(prompt && { prompt }) }
  if (values.length > 1)
    throw new IceError(USAGE.wrongUsage, { message: '- is for all of the secret: no KEY=SOURCE beside it.' })
  if (process.stdin.isTTY)
    throw new IceError(USAGE.wrongUsage, { message: '- reads JSON from standard input, which is the terminal here.' })
  const { data, answer } = jsonData(await readStream(process.stdin))
  return { data, prompt: answer, origin: 'standard input' }
}
