import { EXIT, type CodeRecord } from './record.js'

const error = { severity: 'error', exit: EXIT.problems } as const
const warning = { severity: 'warning', exit: EXIT.problems } as const
const info = { severity: 'info', exit: EXIT.done } as const

const POLICY_SYNTAX = 'https://openbao.org/docs/concepts/policies/'

/** What `policy lint` finds; the first eight are what a server refuses. */
export const LINT = {
  notHcl: {
    ...error,
    code: 'ICE7001',
    title: 'The policy is neither HCL nor JSON',
    meaning: 'Vault’s own parser cannot read the text at this place; the slip is often a little before it.',
    remedy: 'Correct the text: texts stand in double quotes, each block ends with }, lists have commas.',
  },
  duplicateKey: {
    ...error,
    code: 'ICE7002',
    title: 'A key that stands twice in one stanza',
    meaning:
      'Vault refuses the policy (from 1.21; older versions and OpenBao take it: lists of capabilities are then added up, and of other keys the last one counts).',
    remedy: 'Put the two together.',
  },
  unknownKey: {
    ...error,
    code: 'ICE7003',
    title: 'A key that policies do not have',
    meaning: 'The servers refuse a policy with a key that they do not know. Keys are written in lower case.',
    remedy: 'Correct the key, or remove it.',
    links: [POLICY_SYNTAX],
  },
  unknownCapability: {
    ...error,
    code: 'ICE7004',
    title: 'A capability that there is not',
    meaning: 'The servers refuse a policy with a capability that they do not know. They are written in lower case.',
    remedy: 'Use create, read, update, patch, delete, list, sudo or deny.',
    links: [POLICY_SYNTAX],
  },
  wrongValue: {
    ...error,
    code: 'ICE7005',
    title: 'A value of the wrong sort',
    meaning: 'A path is a block in braces, capabilities are a list of texts. The servers refuse anything else.',
    remedy: 'Write it like path "secret/data/app" { capabilities = ["read"] }.',
  },
  otherProduct: {
    ...error,
    code: 'ICE7006',
    title: 'Something that only the other product knows',
    meaning:
      'Vault and OpenBao have each some capabilities and keys that the other refuses: subscribe, recover and subscribe_event_types are Vault’s; scan, pagination_limit, expiration and list_scan_response_keys_filter_path are OpenBao’s.',
    remedy: 'Remove it where the policy is for this server.',
  },
  plusStar: {
    ...error,
    code: 'ICE7007',
    title: 'A path with +*',
    meaning: 'The servers refuse a policy with +* in a path.',
    remedy: 'Use * for everything from there on, or + for any one segment.',
  },
  brokenTemplate: {
    ...error,
    code: 'ICE7008',
    title: 'A template whose braces do not match',
    meaning: 'The servers refuse a policy with {{ or }} alone in a path, or with one template inside of another.',
    remedy: 'Write each as {{identity.entity.id}}.',
  },
  deadTemplate: {
    ...error,
    code: 'ICE7009',
    title: 'A template that is never filled in',
    meaning:
      'The servers take the policy, but where a template finds nothing they leave out its stanza in silence: here it cannot find anything.',
    remedy: 'Correct the template. The accessor of an auth mount changes when it is mounted anew.',
    links: ['https://openbao.org/docs/concepts/policies/#templated-policies'],
  },
  starInside: {
    ...error,
    code: 'ICE7010',
    title: 'A wildcard that is none',
    meaning:
      'A * is a wildcard only at the end of a path, a + only where it is a whole segment. Elsewhere they are ordinary characters, so that the stanza matches nothing that was meant.',
    remedy: 'Write + for any one segment, and * only at the end.',
    links: [POLICY_SYNTAX],
  },
  noSuchPath: {
    ...error,
    code: 'ICE7011',
    title: 'A path that no request has',
    meaning:
      'Paths of policies begin after /v1/ of the address, and have no empty segments and no segments . or .., which the servers refuse in requests.',
    remedy: 'Write the path as in `vault read PATH`, with data/ or metadata/ where the engine is KV version 2.',
  },
  kv2Prefix: {
    ...error,
    code: 'ICE7012',
    title: 'A KV version 2 path without data/ or metadata/',
    meaning:
      'In version 2 values are under MOUNT/data/, names and versions under MOUNT/metadata/. The command line hides that, policies do not: as it stands the stanza allows nothing.',
    remedy: 'Put data/ after the mount for reading and writing, metadata/ for listing.',
    links: ['https://openbao.org/docs/secrets/kv/kv-v2/'],
  },
  kv1Prefix: {
    ...warning,
    code: 'ICE7013',
    title: 'A KV version 1 path with data/ or metadata/',
    meaning: 'Version 1 has no such parts in its paths: the stanza is for secrets whose names begin so.',
    remedy: 'Leave the part out, unless a folder of that name is meant.',
    links: ['https://openbao.org/docs/secrets/kv/kv-v1/'],
  },
  noMount: {
    ...warning,
    code: 'ICE7014',
    title: 'A path where nothing is mounted',
    meaning: 'No secrets engine and no auth method is mounted where the path begins: the stanza allows nothing.',
    remedy: 'Correct the mount, or mount the engine. If it comes later, nothing has to be done.',
  },
  starAfterSlash: {
    ...warning,
    code: 'ICE7015',
    title: 'x/* where x is meant',
    meaning: 'A path that ends in /* matches what is below it, not the path without the /*.',
    remedy: 'Leave the /* out, or write a stanza for each of the two.',
  },
  openPrefix: {
    ...warning,
    code: 'ICE7016',
    title: 'A path that also matches longer names',
    meaning: 'app* matches app, app/x, and also application: whoever may choose names can come under it.',
    remedy: 'Write one stanza for app and one for app/*.',
  },
  unknownApi: {
    ...warning,
    code: 'ICE7017',
    title: 'A path that the engine does not have',
    meaning: 'The part after the mount is none that the API of this type of engine has; it looks like a slip.',
    remedy: 'Correct the path.',
  },
  kv2List: {
    ...warning,
    code: 'ICE7018',
    title: 'list on data/ of KV version 2',
    meaning: 'Names are listed at MOUNT/metadata/. On data/ the capability list does nothing.',
    remedy: 'Give list on MOUNT/metadata/ as well.',
    links: ['https://openbao.org/docs/secrets/kv/kv-v2/'],
  },
  lacksCapability: {
    ...error,
    code: 'ICE7020',
    title: 'The API needs another capability',
    meaning:
      'None of the capabilities lets the request through that this path is for. Endpoints that do not look whether something exists take every write as an update, so that create does nothing there; some need sudo besides.',
    remedy: 'Give the capability that is named.',
  },
  idleCapability: {
    ...info,
    code: 'ICE7021',
    title: 'A capability that does nothing here',
    meaning: 'No request at this path asks for it. It does no harm, but it says what is not so.',
    remedy: 'Remove it.',
  },
  upsert: {
    ...warning,
    code: 'ICE7022',
    title: 'create on encrypt/ makes missing keys',
    meaning:
      'With create on transit’s encrypt/ a request for a key that is not there makes that key, with defaults. A mistyped name so encrypts with a key that nobody knows of.',
    remedy: 'Give update alone, and make keys on purpose.',
    links: ['https://openbao.org/api-docs/secret/transit/#encrypt-data'],
  },
  legacyPolicy: {
    ...warning,
    code: 'ICE7023',
    title: 'The old key policy',
    meaning: 'policy = "write" and its like are kept only for old policies, and say less than they seem to.',
    remedy: 'Write the capabilities.',
  },
  denyAmong: {
    ...warning,
    code: 'ICE7024',
    title: 'deny beside other capabilities',
    meaning: 'With deny nothing else counts.',
    remedy: 'Write deny alone, or remove it.',
  },
  allowsNothing: {
    ...warning,
    code: 'ICE7025',
    title: 'A stanza without capabilities',
    meaning:
      'It allows nothing, and takes its paths away from broader stanzas. Unlike deny it does not outdo another policy that has the same path.',
    remedy: 'Write the capabilities, or deny if that is meant.',
  },
  parametersOnKv2: {
    ...warning,
    code: 'ICE7026',
    title: 'Conditions on parameters of KV version 2',
    meaning:
      'Requests to data/ have only the parameters data and options: conditions on the keys of the secret itself never match, so that writes are refused, or pass unseen.',
    remedy: 'Part what has to be told apart by paths.',
  },
  templateMetadata: {
    ...warning,
    code: 'ICE7030',
    title: 'A path that is made from metadata',
    meaning:
      'Whoever may edit the metadata of entities or aliases, with some auth methods the user himself (such as annotations of a service account), chooses the path, and with older servers also + and * in it.',
    remedy: 'Use {{identity.entity.id}} or the id of an alias.',
    links: ['https://openbao.org/docs/concepts/policies/#templated-policies'],
  },
  templateName: {
    ...info,
    code: 'ICE7031',
    title: 'A path that is made from a name',
    meaning: 'Names of entities and groups can be changed, and a name that was deleted can be given to somebody else.',
    remedy: 'Use the id where that is possible.',
  },
  powerful: {
    ...warning,
    code: 'ICE7032',
    title: 'A stanza that leads to everything',
    meaning: 'Who has it can read every secret, or give himself any other right: it is as much as root.',
    remedy: 'Name what is really needed; for administrators keep it, and guard who gets it.',
    links: ['https://openbao.org/docs/concepts/policies/#root-protected-api-endpoints'],
  },
  broaderThanGrants: {
    ...warning,
    code: 'ICE7033',
    title: 'More than any grant of the file',
    meaning: 'The policy allows something in an engine of the file that no grant of the file speaks of.',
    remedy: 'Narrow it to what the grants say, or add the grant that is meant.',
  },
  duplicatePath: {
    ...warning,
    code: 'ICE7040',
    title: 'The same path twice',
    meaning:
      'Stanzas for the same path are added up, and deny in one of them beats the others. It is easily overlooked.',
    remedy: 'Put them into one stanza.',
  },
  takesAway: {
    ...warning,
    code: 'ICE7041',
    title: 'A stanza that takes away what a broader one allows',
    meaning:
      'Only the most specific path counts; nothing is added from broader ones. This stanza gives something and, on the same paths, ends something that a broader stanza gives.',
    remedy: 'Repeat in it what the broader one allows, if that is meant to hold here too.',
    links: [POLICY_SYNTAX],
  },
  sameName: {
    ...error,
    code: 'ICE7050',
    title: 'Policy names that are the same to Vault',
    meaning: 'Vault trims policy names and writes them in lower case: one of these policies would replace the other.',
    remedy: 'Give one of them another name.',
  },
  badName: {
    ...warning,
    code: 'ICE7051',
    title: 'A policy name that does not stay as it is',
    meaning: 'Vault changes the name when it stores it, or refuses it.',
    remedy: 'Use lower-case letters, digits, - and _.',
  },
  noSuchPolicy: {
    severity: 'error',
    exit: EXIT.failed,
    code: 'ICE7060',
    title: 'There is no such policy',
    meaning: 'Vault (or the file) has no policy of this name.',
    remedy: 'Correct the name; `vault policy list` shows all.',
  },
  unknownEngine: {
    severity: 'error',
    exit: EXIT.usage,
    code: 'ICE7061',
    title: 'An engine of which too little is known',
    meaning:
      'A grant speaks of a mount whose type, or whose version of KV, is neither in the file nor given nor seen on the server; the paths depend on it.',
    remedy: 'Add --engine MOUNT=TYPE, for KV MOUNT=kv:1 or MOUNT=kv:2.',
  },
} as const satisfies Record<string, CodeRecord>
