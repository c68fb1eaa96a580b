import { DOCTOR, type CodeRecord } from '../../catalogue/index.js'

type Code = CodeRecord['code']

const CODES: readonly Code[] = Object.values(DOCTOR).map(({ code }) => code)

/** Doctor's codes of these hundreds, such as 93 for the roles, in order. */
export const codesOf = (...hundreds: readonly number[]): readonly Code[] =>
  CODES.filter((code) => hundreds.includes(Number(code.slice(3, 5)))).toSorted()

/** What an auth mount that cannot work at all takes with it. */
export const BELOW_MOUNT: readonly Code[] = codesOf(93, 94)

/** The way from Vault to the API server: the codes that say why it fails. */
export const ON_THE_WAY: readonly Code[] = codesOf(91).filter((code) =>
  [5, 6, 7, 8, 9, 10, 11, 12, 15, 17, 18, 19, 25].includes(Number(code.slice(5))),
)

/** A login that was refused, where nothing finer is proven of it. */
export const REFUSED: readonly Code[] = codesOf(92, 94).filter((code) =>
  ['ICE9217', 'ICE9406', 'ICE9407'].includes(code),
)

/** What it looks like where no token of a reviewer is stored. */
export const WITHOUT_REVIEWER: readonly Code[] = codesOf(92, 93).filter((code) =>
  ['ICE9201', 'ICE9202', 'ICE9306'].includes(code),
)
