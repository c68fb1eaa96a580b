import { DOCTOR, IceError, isIceError } from '../catalogue/index.js'
import type { Fact, Known, Look, Scene } from './contract.js'

/** Every fact once, whoever asks for it. */
export interface Asker {
  know<S, T>(fact: Fact<S, T>, subject: S): Promise<Known<T>>
  /** What was asked, in the order of the answers. */
  asked(): readonly Asked[]
}

/** One fact, and how long it took. */
export interface Asked {
  readonly fact: string
  readonly known: boolean
  readonly seconds: number
  /** With all that it had to wait for, one after the other. */
  readonly chainSeconds: number
}

/**
 * @param known answers of an examination before this one that need not be asked for again
 */
export function createAsker(scene: Scene, known: ReadonlyMap<string, Promise<Known<unknown>>> = new Map()) {
  const answers = new Map(known)
  const asked: Asked[] = []
  const chains = new Map<string, number>()

  function know<S, T>(fact: Fact<S, T>, subject: S): Promise<Known<T>> {
    const key = `${fact.what} ${fact.key(subject)}`
    const answer = answers.get(key) ?? fetch(key, fact, subject)
    answers.set(key, answer)
    return answer as Promise<Known<T>>
  }

  async function fetch<S, T>(key: string, fact: Fact<S, T>, subject: S): Promise<Known<T>> {
    const began = performance.now()
    // Whatever it waited for last is what it could not begin before.
    let waited = { until: began, chain: 0 }
    const look: Look = {
      scene,
      async ask(other, of) {
        const answer = await know(other, of)
        waited = { until: performance.now(), chain: chains.get(`${other.what} ${other.key(of)}`) ?? 0 }
        if (answer.known) return answer.value
        throw answer.why
      },
    }
    const answer = await knownOf(fact, subject, look)
    const ended = performance.now()
    const chainSeconds = waited.chain + (ended - waited.until) / 1000
    chains.set(key, chainSeconds)
    asked.push({ fact: key.trim(), known: answer.known, seconds: (ended - began) / 1000, chainSeconds })
    return answer
  }

  return {
    know,
    asked: () => asked,
    /** The answers that hold for another examination of the same servers, with leave to make scratch objects. */
    async settled(): Promise<ReadonlyMap<string, Promise<Known<unknown>>>> {
      const all = await Promise.all([...answers].map(async ([key, answer]) => [key, await answer] as const))
      const lasting = all.filter(([, answer]) => answer.known || answer.why.code !== DOCTOR.notProbed.code)
      return new Map(lasting.map(([key, answer]) => [key, Promise.resolve(answer)]))
    },
  }
}

async function knownOf<S, T>(fact: Fact<S, T>, subject: S, look: Look): Promise<Known<T>> {
  const { scene } = look
  if (fact.writes !== undefined && !scene.probe) {
    const message = `Finding out ${fact.what} would make ${fact.writes(subject)}.`
    return { known: false, why: new IceError(DOCTOR.notProbed, { message }) }
  }
  try {
    const value = await fact.fetch(subject, look)
    return { known: true, value, from: fact.from, staleForMs: fact.staleForMs ?? 0 }
  } catch (error) {
    if (isIceError(error)) return { known: false, why: error }
    throw error
  }
}
