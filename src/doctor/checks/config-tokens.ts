import { DOCTOR } from '../../catalogue/index.js'
import { check, maybe, type AnyCheck } from '../contract.js'
import { issuer, tokenKeys } from '../facts/cluster.js'
import { writtenConfig } from '../facts/mount.js'
import { storedKeys } from '../stored.js'
import { REFUSED } from './codes.js'
import { authOf, isKubernetes, listOf, mended, textOf } from './mend.js'

/** What the config of an auth mount demands of tokens: their issuer, and the key that signs them. */
export const configTokenChecks: readonly AnyCheck[] = [
  check({
    records: [DOCTOR.issuerEnforced],
    subject: 'mount',
    wants: { config: writtenConfig, issuer: maybe(issuer) },
    explains: REFUSED,
    applies: isKubernetes,
    judge: (subject, { config, issuer }, around) => {
      const wanted = textOf(config, 'issuer')
      if (config['disable_iss_validation'] !== false || wanted === '') return []
      if (!issuer.known) return { unknown: issuer.why.message }
      if (issuer.value === undefined) return { unknown: 'The cluster does not publish who issues its tokens.' }
      const { issuer: real } = issuer.value
      if (wanted === real) return []
      const auth = authOf(subject, around)
      const isRight = auth !== undefined && (auth.disableISSValidation !== false || auth.issuer === real)
      const edit = `Take disableISSValidation out of the file, or set issuer: ${JSON.stringify(real)}.`
      return [
        {
          message: `auth/${subject.mount} takes only tokens of another issuer than the cluster’s.`,
          evidence: { demanded: JSON.stringify(wanted), 'of the cluster': JSON.stringify(real) },
          ...mended(subject, around, { isRight, key: 'issuer', flags: ['--disable-iss-validation'], edit }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.issuerFalseSense],
    subject: 'mount',
    wants: { config: writtenConfig },
    applies: isKubernetes,
    judge: (subject, { config }, around) => {
      if (config['disable_iss_validation'] !== false || textOf(config, 'issuer') !== '') return []
      const auth = authOf(subject, around)
      const isRight = auth !== undefined && (auth.disableISSValidation !== false || (auth.issuer ?? '') !== '')
      const edit = 'Take disableISSValidation out of the file, or set the issuer of the cluster.'
      return [
        {
          message: `auth/${subject.mount} is told to check the issuer, and not which: it is not checked.`,
          evidence: { disable_iss_validation: false, issuer: '' },
          ...mended(subject, around, {
            isRight,
            key: 'disableISSValidation',
            flags: ['--disable-iss-validation'],
            edit,
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.pemKeysStale],
    subject: 'mount',
    wants: { config: writtenConfig, keys: maybe(tokenKeys) },
    explains: REFUSED,
    applies: isKubernetes,
    judge(subject, { config, keys }, around) {
      const elements = listOf(config, 'pem_keys')
      if (elements.length === 0) return []
      if (!keys.known) return { unknown: keys.why.message }
      const stored = storedKeys(elements)
      const used = new Set(stored.map(({ used }) => used))
      const lacking = keys.value.filter((key) => !used.has(key))
      // What stands behind the first block of an element is told as that.
      const hidden = stored.flatMap(({ ignored }) => ignored)
      if (keys.value.length === 0 || lacking.length === 0 || lacking.some((key) => hidden.includes(key))) return []
      const isAll = lacking.length === keys.value.length
      const said = storedKeys(authOf(subject, around)?.pemKeys ?? []).map(({ used }) => used)
      const isRight = said.length === 0 || keys.value.every((key) => said.includes(key))
      const edit = 'Put the keys of the cluster under pemKeys in the file, or take pemKeys out of it.'
      return [
        {
          ...(!isAll && { severity: 'warning' as const }),
          message: isAll
            ? `None of the ${elements.length} keys of auth/${subject.mount} is one of the cluster’s: every token is refused.`
            : `${lacking.length} of the ${keys.value.length} keys of the cluster are not among those of auth/${subject.mount}: tokens that they sign are refused.`,
          evidence: {
            'keys stored': elements.length,
            'keys of the cluster': keys.value.length,
            'not stored': lacking.length,
          },
          ...mended(subject, around, {
            isRight,
            key: 'pemKeys',
            flags: keys.value.map((key) => `--pem-keys=${key}`),
            edit,
          }),
        },
      ]
    },
  }),
  check({
    records: [DOCTOR.pemKeysMultiBlock],
    subject: 'mount',
    wants: { config: writtenConfig, keys: maybe(tokenKeys) },
    explains: REFUSED,
    applies: isKubernetes,
    judge(subject, { config, keys }, around) {
      const stored = storedKeys(listOf(config, 'pem_keys'))
      const several = stored.filter(({ blocks }) => blocks > 1)
      if (several.length === 0) return []
      const used = stored.map(({ used }) => used)
      const ignored = several.flatMap(({ ignored }) => ignored).filter((key) => !used.includes(key))
      const isNeeded = keys.known && ignored.some((key) => keys.value.includes(key))
      const said = storedKeys(authOf(subject, around)?.pemKeys ?? [])
      const isRight = said.every(({ blocks }) => blocks < 2)
      const edit = 'Make each key under pemKeys in the file an entry of its own.'
      const flags = [...new Set([...used, ...ignored])].flatMap((key) =>
        key === undefined ? [] : [`--pem-keys=${key}`],
      )
      return [
        {
          ...(isNeeded && { severity: 'error' as const }),
          message: `${several.length} of the elements of pem_keys hold several keys; Vault uses the first of each${isNeeded ? ', and the cluster signs with one of the others' : ''}.`,
          evidence: { elements: stored.length, 'keys passed over': ignored.length },
          ...mended(subject, around, { isRight, key: 'pemKeys', flags, edit }),
        },
      ]
    },
  }),
]
