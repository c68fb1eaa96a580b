import { EXIT, type CodeRecord } from './record.js'

export const APPLY = {
  notOurs: {
    code: 'ICE4001',
    severity: 'error',
    exit: EXIT.refused,
    title: 'It would touch what is not ours',
    meaning:
      'The file wants an object that exists already and that this file did not make, or that cannot be changed in place. Nothing at all was written.',
    remedy:
      'Run plan: it names each such object and how it differs. Take it out of the file, give it another name, or take it over with --adopt ADDRESS.',
  },
  changedMeanwhile: {
    code: 'ICE4002',
    severity: 'error',
    exit: EXIT.refused,
    title: 'Somebody else changed it meanwhile',
    meaning: 'Between reading and writing, the object was changed by somebody else. What they wrote was left as it is.',
    remedy: 'Run plan again and look at the difference.',
  },
  notPermitted: {
    code: 'ICE4003',
    severity: 'error',
    exit: EXIT.notPermitted,
    title: 'The run needs more permissions',
    meaning: 'Before the first write both servers were asked whether every call of this run is allowed; some are not.',
    remedy: 'Add what is listed to the policy of the token, or to the role of the Kubernetes user, that runs this.',
  },
  locked: {
    code: 'ICE4004',
    severity: 'error',
    exit: EXIT.refused,
    title: 'Another run holds this file',
    meaning: 'A Lease keeps two runs of one file apart. Its holder has renewed it within the last half minute.',
    remedy: 'Wait for the other run to end.',
  },
  inventoryUnreadable: {
    code: 'ICE4005',
    severity: 'error',
    exit: EXIT.failed,
    title: 'The inventory cannot be used',
    meaning:
      'The ConfigMap in which this file’s inventory should be is something else, or was written by a later version.',
    remedy: 'Use the version that wrote it, or set inventory.namespace to another namespace.',
  },
  inventoryTooLarge: {
    code: 'ICE4006',
    severity: 'error',
    exit: EXIT.failed,
    title: 'The inventory does not fit into a ConfigMap',
    meaning: 'One file may own some six thousand objects in Vault: its record must fit into one ConfigMap of 1 MiB.',
    remedy: 'Divide the file in two, with different names.',
  },
  unprovenFromVault: {
    code: 'ICE4007',
    severity: 'error',
    exit: EXIT.failed,
    title: 'Vault cannot use this API server address',
    meaning:
      'This machine cannot reach the API server under the address that Vault is to use, so Vault was made to try it on a scratch mount, and it failed. The real mount was not touched.',
    remedy:
      'Set clusters.NAME.apiServer to an address that Vault can reach, and clusters.NAME.apiServerCA to the CA that signed the certificate there.',
  },
  caRefused: {
    code: 'ICE4008',
    severity: 'error',
    exit: EXIT.usage,
    title: 'The CA does not fit the API server',
    meaning:
      'Vault would check the API server’s certificate against this CA alone, and the certificate does not pass. Every login would fail.',
    remedy:
      'Set clusters.NAME.apiServerCA to the CA that signed the certificate of clusters.NAME.apiServer; `system` where a public one did.',
  },
  stalePlan: {
    code: 'ICE4009',
    severity: 'error',
    exit: EXIT.refused,
    title: 'The saved plan is out of date',
    meaning: 'Since the plan was saved the servers, or what it refers to, have changed. Nothing was written.',
    remedy: 'Make a new plan and look at it.',
  },
  planUnreadable: {
    code: 'ICE4010',
    severity: 'error',
    exit: EXIT.usage,
    title: 'This is no saved plan',
    meaning: 'The file is not a plan that `plan --out` wrote, or another version wrote it.',
    remedy: 'Make a new plan with `icebreaker plan --out FILE`.',
  },
  incomplete: {
    code: 'ICE4011',
    severity: 'error',
    exit: EXIT.failed,
    title: 'Not everything was applied',
    meaning: 'Some objects could not be written. What was written stays; nothing is half done.',
    remedy: 'Mend the causes that are listed and run apply again: it goes on where this run ended.',
  },
  declined: {
    code: 'ICE4012',
    severity: 'info',
    exit: EXIT.declined,
    title: 'The operator said no',
    meaning: 'The question whether to go on was answered with no. Nothing was written.',
    remedy: 'Run it again when you are ready.',
  },
  planNotSaved: {
    code: 'ICE4013',
    severity: 'error',
    exit: EXIT.usage,
    title: 'The plan cannot be saved there',
    meaning:
      'A plan is written to a new file, readable for its owner alone; it never replaces a file or follows a link.',
    remedy: 'Choose another name for --out, or remove the old file.',
  },
  unknownAddress: {
    code: 'ICE4014',
    severity: 'error',
    exit: EXIT.usage,
    title: 'No such object in the file',
    meaning: 'An address given with --only or --adopt is not one of the objects that the file asks for.',
    remedy: 'Copy the address from the output of plan.',
  },
  wouldOverwrite: {
    code: 'ICE4015',
    severity: 'error',
    exit: EXIT.refused,
    title: 'It would overwrite a secret',
    meaning: 'A KV secret is only ever created. One that is there with other values, or was deleted, is left as it is.',
    remedy: 'Look at it with `icebreaker kv get`. To replace what is there, add --overwrite.',
  },
  notVaultsAlone: {
    code: 'ICE4016',
    severity: 'error',
    exit: EXIT.refused,
    title: 'The database user is not Vault’s alone',
    meaning:
      'After a rotation only Vault knows the password. The user is a superuser, or somebody else uses it, or owns something by it: they would be locked out. Nothing was changed.',
    remedy:
      'Make a user for Vault alone, with no more than it needs to make others (in PostgreSQL: LOGIN CREATEROLE), and have the connection use it.',
  },
  userNotChecked: {
    code: 'ICE4017',
    severity: 'error',
    exit: EXIT.refused,
    title: 'Nobody can tell whether the database user is Vault’s alone',
    meaning:
      'After a rotation only Vault knows the password, so the user is looked up in the database first. That was not possible. Nothing was changed.',
    remedy:
      'Say how to look: --probe-address, --username, --password. Where you know that the user is Vault’s alone, add --accept unchecked.',
  },
  audienceRefused: {
    code: 'ICE4018',
    severity: 'error',
    exit: EXIT.usage,
    title: 'The API server does not accept the audience of a role',
    meaning:
      'With `token: client` each workload’s own token asks the API server whether it is good, so it must be made for an audience that the API server accepts. It was tried, and refused. Nothing was written to the auth mount.',
    remedy:
      'Give the roles on this cluster an audience that the API server accepts (its --api-audiences; mostly the issuer), or let one reviewer ask for all.',
  },
  keysUnreachable: {
    code: 'ICE4019',
    severity: 'error',
    exit: EXIT.failed,
    title: 'Vault cannot fetch the cluster’s public keys',
    meaning:
      'With `method: jwt` Vault asks the issuer or the API server for the keys that sign tokens. It tried, and failed: it cannot reach the address, does not trust its certificate, may not read the keys without logging in, or the issuer names itself otherwise. The config was not changed.',
    remedy:
      'Let everybody read the keys (`anonymousDiscovery: true`), or set `keys: jwks` or `keys: pinned`: with the last Vault needs no way to the cluster.',
  },
  issuerUnknown: {
    code: 'ICE4020',
    severity: 'error',
    exit: EXIT.failed,
    title: 'The cluster does not say who issues its tokens',
    meaning:
      'With `method: jwt` Vault must know the issuer and the public keys of the cluster. The API server publishes them at /.well-known/openid-configuration and /openid/v1/jwks, and did not, or with keys that cannot be used.',
    remedy:
      'Check `kubectl get --raw /.well-known/openid-configuration` and `kubectl get --raw /openid/v1/jwks`; or use `method: kubernetes`.',
  },
  tokenUnproven: {
    code: 'ICE4021',
    severity: 'error',
    exit: EXIT.failed,
    title: 'The new reviewer token does not prove good',
    meaning:
      'A token was made for the reviewer and tried, by itself and through Vault, and the API server did not take it for the reviewer’s. The message says how far the rotation had come: whether Vault has the new token already, and whether the old one was ended.',
    remedy: 'Look at the evidence. While the old token is good logins go on; run it again when the cause is mended.',
  },
  nothingToRotate: {
    code: 'ICE4022',
    severity: 'error',
    exit: EXIT.usage,
    title: 'There is no reviewer token to rotate',
    meaning:
      'Only with `token: secret` and `token: bound` does Vault hold a token of the reviewer. Its pod’s own token Kubernetes renews; clients bring theirs; with `method: jwt` nobody asks.',
    remedy: 'Nothing has to be done. Check the cluster that was named, and the mode in the file.',
  },
  recordNotSaved: {
    code: 'ICE4023',
    severity: 'error',
    exit: EXIT.failed,
    title: 'The record was not saved',
    meaning:
      'What was to be removed is gone, but the inventory still names it: it could not be written. Until it is, an object that somebody makes anew just as it was would count as this file’s.',
    remedy: 'Mend the cause and run the same command again: it finds what is gone, and takes it off the record.',
  },
  roleLocked: {
    code: 'ICE4024',
    severity: 'error',
    exit: EXIT.refused,
    title: 'A role is locked',
    meaning:
      '`icebreaker lockdown` has closed the role, so that an intruder gets nothing new by it. Writing it as the file has it would open it again. Nothing was written.',
    remedy:
      'When the intruder is gone, open it with `icebreaker lockdown --reopen --role NAME`. Until then `apply --only ADDRESS` writes the rest.',
  },
  othersLockedOut: {
    code: 'ICE4025',
    severity: 'error',
    exit: EXIT.refused,
    title: 'Others would be locked out, too',
    meaning:
      'A role lets in every one of its names in every one of its namespaces, so one workload cannot be taken out of it by itself where it has several of both, a glob or a selector. Nothing was changed.',
    remedy:
      'Look at who is listed. To lock them out as well, add --accept others; or give the workload a role of its own first.',
  },
} as const satisfies Record<string, CodeRecord>
