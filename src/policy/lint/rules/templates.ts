import { LINT } from '../../../catalogue/index.js'
import { problem, rewritten, rule } from '../stanzas.js'
import type { Rule, Stanza } from '../types.js'

/** sdk/helper/identitytpl, PopulateString: what stands between braces, or undefined where they do not match. */
export function templatesIn(path: string): readonly string[] | undefined {
  const [before = '', ...parts] = path.split('{{')
  if (before.includes('}}')) return undefined
  const pieces = parts.map((part) => part.split('}}'))
  return pieces.every(({ length }) => length === 2) ? pieces.map(([inside = '']) => inside.trim()) : undefined
}

/** The selectors that can find something when an ACL is made (lists and whole maps cannot). */
const SELECTORS: readonly RegExp[] = [
  /^identity\.entity\.(?:id|name|metadata\..+)$/,
  /^identity\.entity\.aliases\.[^.]+\.(?:id|name|metadata\..+|custom_metadata\..+)$/,
  /^identity\.groups\.(?:ids|names)\.[^.]+\.(?:id|name|metadata\..+)$/,
  /^time\.now(?:\.(?:plus|minus)\..+)?$/,
]

function* each(stanzas: readonly Stanza[]): Generator<readonly [Stanza, string]> {
  for (const stanza of stanzas) for (const template of templatesIn(stanza.path) ?? []) yield [stanza, template]
}

const brokenTemplate = rule({
  record: LINT.brokenTemplate,
  needs: [],
  *judge({ policy }) {
    for (const stanza of policy.parsed.stanzas) {
      if (templatesIn(stanza.path) === undefined)
        yield problem(stanza, 'The braces {{ and }} in the path do not match.')
    }
  },
})

const deadSelector = rule({
  record: LINT.deadTemplate,
  needs: [],
  *judge({ policy }) {
    for (const [stanza, template] of each(policy.parsed.stanzas)) {
      if (SELECTORS.some((pattern) => pattern.test(template))) continue
      yield problem(stanza, `There is no template {{${template}}}, so the stanza is left out for everybody.`)
    }
  },
})

const deadAccessor = rule({
  record: LINT.deadTemplate,
  needs: ['mounts', 'allMounts'],
  *judge({ policy, facts: { mounts } }) {
    const known = Object.entries(mounts).filter(([, { accessor }]) => accessor !== undefined)
    for (const [stanza, template] of each(policy.parsed.stanzas)) {
      const accessor = /^identity\.entity\.aliases\.([^.]+)\./.exec(template)?.[1]
      if (accessor === undefined || known.some(([, fact]) => fact.accessor === accessor)) continue
      const type = /^auth_([a-z-]+)_/.exec(accessor)?.[1]
      const alike = known.filter(([path, fact]) => path.startsWith('auth/') && fact.type === type)
      const [only] = alike.length === 1 ? alike : []
      const hint =
        alike.length === 0
          ? ''
          : ` Mounted are: ${alike.map(([path, fact]) => `${path} (${fact.accessor ?? ''})`).join(', ')}.`
      const corrected =
        only === undefined
          ? undefined
          : rewritten(stanza, { path: stanza.path.replaceAll(accessor, only[1].accessor ?? '') })
      yield problem(stanza, `No auth mount has the accessor ${accessor}, so the stanza is left out.${hint}`, corrected)
    }
  },
})

const templateMetadata = rule({
  record: LINT.templateMetadata,
  needs: [],
  *judge({ policy }) {
    for (const [stanza, template] of each(policy.parsed.stanzas)) {
      if (!/\.(?:custom_)?metadata\./.test(template)) continue
      const id = template.replace(/\.(?:custom_)?metadata\..*$/, '.id')
      const path = stanza.path.replace(template, id)
      yield problem(
        stanza,
        `{{${template}}} is metadata: whoever may edit it can lead this stanza to another path. An id cannot be chosen.`,
        rewritten(stanza, { path }),
      )
    }
  },
})

const templateName = rule({
  record: LINT.templateName,
  needs: [],
  *judge({ policy }) {
    for (const [stanza, template] of each(policy.parsed.stanzas)) {
      const isName = /^identity\.(?:entity\.|groups\.ids\.[^.]+\.)name$|^identity\.groups\.names\./.test(template)
      if (!isName || template.includes('.metadata.')) continue
      yield problem(stanza, `{{${template}}} goes by a name, which can be changed or given to somebody else.`)
    }
  },
})

export const templateRules: readonly Rule[] = [
  brokenTemplate,
  deadSelector,
  deadAccessor,
  templateMetadata,
  templateName,
]
