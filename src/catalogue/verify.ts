import { EXIT, type CodeRecord } from './record.js'

const problem = { severity: 'error', exit: EXIT.problems } as const

export const VERIFY = {
  probeFailed: {
    ...problem,
    code: 'ICE5001',
    title: 'A workload cannot do what the file promises',
    meaning: 'As the workload, something that the file allows was refused or did not work.',
    remedy:
      'Run apply: the servers may differ from the file. If apply changes nothing, the message of the probe names what refused it.',
  },
  shouldBeRefused: {
    ...problem,
    code: 'ICE5002',
    title: 'Something that must be refused is allowed',
    meaning: 'A login or a request that the file does not allow succeeded: the trust is wider than it should be.',
    remedy:
      'Look at the role’s bindings and at every policy that it names; policies that are not in the file count too.',
  },
  credentialRefused: {
    ...problem,
    code: 'ICE5003',
    title: 'The database refuses a fresh credential',
    meaning: 'Vault issued a database credential and the database did not accept it.',
    remedy:
      'Check the creation statements (does the user get LOGIN, and may it CONNECT?), and that probeAddress is the same database as the connection’s URL.',
  },
  credentialOutlives: {
    ...problem,
    code: 'ICE5004',
    title: 'A revoked database credential still works',
    meaning: 'After its lease was revoked the database user could still log in: revocation does not remove it.',
    remedy:
      'Check the revocation statements: they must end the user’s login (DROP ROLE, or ALTER ROLE … NOLOGIN). Then remove the users that are left in the database, this probe’s among them; Vault’s own begin with v- unless usernameTemplate says otherwise.',
  },
  leaseFailed: {
    ...problem,
    code: 'ICE5005',
    title: 'A lease cannot be renewed or revoked',
    meaning:
      'Vault issued a database credential, but could not extend or end it: mostly the renewal or revocation statements fail in the database.',
    remedy:
      'Try the statements by hand in the database. Vault goes on trying to revoke the lease; once the statements are right, vault lease revoke ends it at once.',
  },
  unknownRole: {
    severity: 'error',
    exit: EXIT.usage,
    code: 'ICE5006',
    title: 'There is no such role in the file',
    meaning: '--role names a role that the file does not have, so nothing would have been verified.',
    remedy: 'Give the name of a role as it stands under `roles` in the file.',
  },
  rotationBroken: {
    ...problem,
    code: 'ICE5007',
    title: 'After the rotation something does not work',
    meaning:
      'Vault has given its database user a new password, and then a credential could not be made, or the old password still let somebody in.',
    remedy:
      'Look at the message. `icebreaker database creds` tries again; where Vault cannot log in, set the user a password in the database and give it to Vault with `icebreaker database configure`.',
  },
} as const satisfies Record<string, CodeRecord>
