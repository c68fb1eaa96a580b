import type { StepObject } from './object.js'

/** A policy: by what it allows, or by its text. What is said stands in the section until the text is made of it. */
export const policyStep: StepObject = {
  kinds: ['Policy'],
  fields: [
    {
      name: 'grants',
      flag: 'grant',
      type: 'list',
      description: 'What it allows: VERB ENGINE MOUNT/PATH, such as `read kv static/app/creds`',
      required: false,
      verbatim: false,
    },
    {
      name: 'file',
      flag: 'file-policy',
      type: 'text',
      description: 'A file with the text of the policy (HCL or JSON); - is standard input',
      required: false,
      verbatim: false,
    },
  ],
  needs: [{ field: 'grants', unless: ['file'] }],
  parts: (name, section) => ({ sections: () => ({ policies: { [name]: section } }) }),
}
