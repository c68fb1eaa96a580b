import type { Renderer } from '../renderer.js'
import type { Theme } from '../theme.js'
import { applyText } from './apply.js'
import { authText } from './auth.js'
import { clusterText } from './cluster.js'
import { databaseText } from './database.js'
import { doctorText } from './doctor.js'
import { exportText } from './export.js'
import type { FileName } from './file-name.js'
import { graphText } from './graph.js'
import { helpText } from './help.js'
import { importText } from './import.js'
import { initText } from './init.js'
import { integrateJobText } from './integrate-job.js'
import { integrateListText, integrateText } from './integrate.js'
import { kvText } from './kv.js'
import { leaseText } from './lease.js'
import { lockdownText } from './lockdown.js'
import { permissionsText } from './permissions.js'
import { explainText } from './explain.js'
import { driftText } from './drift.js'
import { planText } from './plan.js'
import { policyText } from './policy.js'
import { scriptText } from './print-commands.js'
import { removalText } from './removal.js'
import { reviewerText } from './reviewer.js'
import { roleText } from './role.js'
import { rotateText } from './rotate.js'
import { sandboxText } from './sandbox.js'
import { statusText } from './status.js'
import { stepText } from './step.js'
import { transitText } from './transit.js'
import { unsealText } from './unseal.js'
import { verifyText } from './verify.js'
import { whoCanText } from './who-can.js'

/** Text for people. */
export function human(file: FileName, theme: Theme): Renderer {
  return {
    result: (result) => {
      switch (result.operation) {
        case 'plan':
          return planText(result, file, theme)
        case 'apply':
          return applyText(result, file, theme)
        case 'prune':
        case 'destroy':
        case 'role delete':
          return removalText(result, file, theme)
        case 'drift':
          return driftText(result, file, theme)
        case 'status':
          return statusText(result, file, theme)
        case 'step':
          return stepText(result, theme)
        case 'role show':
        case 'role list':
          return roleText(result, theme)
        case 'auth show':
        case 'auth list':
        case 'auth login':
          return authText(result, theme)
        case 'reviewer show':
        case 'reviewer token':
          return reviewerText(result, theme)
        case 'reviewer rotate':
          return rotateText(result, theme)
        case 'cluster ca':
        case 'cluster inspect':
          return clusterText(result, theme)
        case 'kv get':
          return kvText(result, theme)
        case 'database creds':
        case 'database rotate-root':
          return databaseText(result, theme)
        case 'transit rotate':
        case 'transit check':
          return transitText(result, theme)
        case 'lease list':
        case 'lease renew':
        case 'lease revoke':
          return leaseText(result, theme)
        case 'lockdown':
          return lockdownText(result, theme)
        case 'verify':
          return verifyText(result, theme)
        case 'who-can':
          return whoCanText(result, theme)
        case 'integrate unseal':
          return unsealText(result, theme)
        case 'doctor':
        case 'doctor login':
        case 'doctor pod':
        case 'doctor list':
          return doctorText(result, theme)
        case 'graph':
          return graphText(result, theme)
        case 'policy lint':
        case 'policy show':
        case 'policy diff':
        case 'policy generate':
          return policyText(result, theme)
        case 'help exit-codes':
        case 'help environment':
        case 'help output':
          return helpText(result, theme)
        case 'init':
          return initText(result, file, theme)
        case 'import':
          return importText(result, file, theme)
        case 'export':
          return exportText(result)
        case 'explain':
          return explainText(result, theme)
        case 'print-commands':
          return scriptText(result)
        case 'completion':
          return result.script
        case 'permissions':
          return permissionsText(result)
        case 'integrate':
          return integrateText(result, theme)
        case 'integrate job':
          return integrateJobText(result)
        case 'integrate list':
          return integrateListText(result, theme)
        default:
          return sandboxText(result, theme)
      }
    },
  }
}
