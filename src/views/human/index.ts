import type { Renderer } from '../renderer.js'
import { table } from '../text.js'
import type { Theme } from '../theme.js'
import { applyText } from './apply.js'
import type { FileName } from './file-name.js'
import { planText } from './plan.js'
import { sandboxText } from './sandbox.js'
import { verifyText } from './verify.js'

/** Text for people. */
export function human(file: FileName, theme: Theme): Renderer {
  return {
    result: (result) => {
      switch (result.operation) {
        case 'plan':
          return planText(result, file, theme)
        case 'apply':
          return applyText(result, file, theme)
        case 'verify':
          return verifyText(result, theme)
        case 'help exit-codes':
          return `${table(result.exitCodes.map(({ code, meaning }) => [String(code).padStart(3), meaning])).join('\n')}\n`
        default:
          return sandboxText(result, theme)
      }
    },
  }
}
