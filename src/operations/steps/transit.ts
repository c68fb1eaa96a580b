import { transitKeyFields, transitKeySchema } from '../../kinds/transit-key.js'
import { stepFields } from '../step-fields.js'
import type { StepObject } from './object.js'
import { mountAndName } from './target.js'

/** A transit key: what it is, which can be said once, and how it is used. */
export const transitKeyStep: StepObject = {
  kinds: ['TransitKey'],
  fields: stepFields(transitKeySchema, { table: transitKeyFields }),
  parts(target, section) {
    const { mount, name } = mountAndName(target, 'KEY')
    return { sections: () => ({ engines: { [mount]: { type: 'transit', keys: { [name]: section } } } }) }
  },
}
