import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const

export const FILE = {
  unsafePath: {
    ...usage,
    code: 'ICE1001',
    title: 'A path or name that cannot be sent safely',
    meaning:
      'Paths go into URLs and policies. Empty segments, `.`, `..`, control characters and the characters \\ % ? # could make a server see another path than the one that was checked.',
    remedy: 'Use letters, digits, `-`, `_`, `.` and single slashes between segments.',
  },
  unknownKey: {
    ...usage,
    code: 'ICE1002',
    title: 'A key that the file does not know',
    meaning:
      'A mapping holds a key that has no meaning there. It is refused, since a mistyped key would be ignored in silence.',
    remedy: 'Correct the key, or remove it.',
  },
  missingKey: {
    ...usage,
    code: 'ICE1003',
    title: 'A key that must be there is missing',
    meaning: 'A mapping lacks a key without which it means nothing. The position is that of the mapping.',
    remedy: 'Add the key.',
  },
  wrongType: {
    ...usage,
    code: 'ICE1004',
    title: 'A value of the wrong sort',
    meaning:
      'The file has, for example, text where a list is wanted. YAML reads 1, 0123, 1.5, true and null as numbers, truth values and nothing; in quotes they are text.',
    remedy: 'Write the value in the form that the message names.',
  },
  wrongValue: {
    ...usage,
    code: 'ICE1005',
    title: 'A value that is not allowed',
    meaning: 'The value is of the right sort, but not one of those that are allowed at this place.',
    remedy: 'Write a value that the message names.',
  },
  duplicateKey: {
    ...usage,
    code: 'ICE1006',
    title: 'A key that stands twice',
    meaning: 'A mapping holds the same key twice. YAML readers would take one of the two in silence.',
    remedy: 'Remove one of the two, or put their contents together.',
  },
  danglingReference: {
    ...usage,
    code: 'ICE1007',
    title: 'A name that the file does not define',
    meaning: 'A value names something (a policy, a role, a cluster, a connection) that does not stand in the file.',
    remedy: 'Correct the name, or add what it names.',
  },
  notYaml: {
    ...usage,
    code: 'ICE1008',
    title: 'The file is not YAML',
    meaning: 'The file breaks the rules of YAML 1.2 at the given position. Often the slip is a little before it.',
    remedy: 'Correct the line. Indent with spaces, close quotes and brackets, and put a space after each colon.',
  },
  yamlFeature: {
    ...usage,
    code: 'ICE1009',
    title: 'A feature of YAML that is not read',
    meaning:
      'Anchors, aliases, merge keys, tags, directives and several documents in one file make a file mean something else than what one sees, so they are refused.',
    remedy: 'Write the values out in full, in one document.',
  },
  unsafeCharacter: {
    ...usage,
    code: 'ICE1010',
    title: 'A control character in the file',
    meaning:
      'Control characters and those that change the direction of text make a file, or a terminal that shows its names, look other than what it is.',
    remedy: 'Remove the character. Many editors can show invisible characters.',
  },
  tooLarge: {
    ...usage,
    code: 'ICE1011',
    title: 'The file is too large or too deep',
    meaning: 'A file may have 1 MiB and 250,000 words and signs, and mappings and lists may be nested 64 deep.',
    remedy: 'Split the file into several, each with its own `name`.',
  },
  unreadable: {
    ...usage,
    code: 'ICE1012',
    title: 'The file cannot be read',
    meaning:
      'There is no such file, it is a directory or a device, this user may not read it, or it is not UTF-8 text.',
    remedy: 'Check the path (it is relative to the current directory) and the permissions.',
  },
  empty: {
    ...usage,
    code: 'ICE1013',
    title: 'The file is empty',
    meaning: 'The file holds nothing but white space and comments. That is never read as a wish to have nothing.',
    remedy: 'Restore the file, or write one.',
  },
  unreadableBeside: {
    ...usage,
    code: 'ICE1014',
    title: 'A file that the file names cannot be read',
    meaning:
      'A path in the file (a policy, a CA) leads to nothing, to a directory or a device, to something this user may not read, or to something that is not UTF-8 text. Paths are relative to the folder of the file that names them.',
    remedy: 'Correct the path, or put the file there.',
  },
  moreMistakes: {
    ...usage,
    code: 'ICE1015',
    title: 'More mistakes than are shown',
    meaning: 'The file has so many mistakes that only the first ones are shown.',
    remedy: 'Correct those and run the command again.',
  },
  secretNotInEnvironment: {
    ...usage,
    code: 'ICE1020',
    title: 'A secret value whose environment variable is not set',
    meaning: 'The file takes a secret from an environment variable that is not set, or is empty, for this process.',
    remedy: 'Set the variable and export it, then run the command again.',
  },
  secretFileUnreadable: {
    ...usage,
    code: 'ICE1021',
    title: 'A secret value whose file cannot be read',
    meaning:
      'The file takes a secret from another file that is not there, is empty, or cannot be read. Its path is relative to the folder of the file that names it.',
    remedy: 'Correct the path, or put the file there, readable for this user alone (mode 0600).',
  },
  secretNotAsked: {
    ...usage,
    code: 'ICE1022',
    title: 'A secret value that has to be asked for, and nobody can be asked',
    meaning:
      'The file asks the operator for a secret, but the command does not run at a terminal, or the answer was empty.',
    remedy: 'Run the command at a terminal, or use `env` or `file` instead of `prompt` in the file.',
  },
  secretNotInCluster: {
    severity: 'error',
    exit: EXIT.failed,
    code: 'ICE1023',
    title: 'A secret value that is not in the cluster',
    meaning:
      'The file takes a secret from a Kubernetes Secret that is not there, or that lacks the key or has it empty.',
    remedy: 'Create the Secret with that key, or correct the names in the file.',
  },
  badGrant: {
    ...usage,
    code: 'ICE1030',
    title: 'A grant that means nothing',
    meaning:
      'A grant is VERB ENGINE MOUNT/PATH. Its verb or its engine is not known, or no engine of the file is mounted there.',
    remedy: 'Write it like `read kv static/exampleapp/creds`, with a mount that stands under `engines`.',
  },
  sameObject: {
    ...usage,
    code: 'ICE1031',
    title: 'Two places of the file mean one object',
    meaning:
      'Two entries of the file lead to the same address on a server, such as two clusters with the same auth path.',
    remedy: 'Give one of the two another name or path.',
  },
  nothingToImport: {
    ...usage,
    code: 'ICE1032',
    title: 'There is nothing to import',
    meaning: 'Vault has no auth mount of the type kubernetes, or none at the path that was named.',
    remedy: 'Name an auth mount that is there with --path, or begin a new file with `icebreaker init`.',
  },
  notImported: {
    severity: 'warning',
    exit: EXIT.done,
    code: 'ICE1033',
    title: 'Something that was not imported',
    meaning:
      'It stands on a server and is not in the file that `import` made: the file has no word for it, this token may not read it, or nothing that was imported speaks of it.',
    remedy: 'Keep it as it is made now, or look at the reason. What is not in the file is neither changed nor removed.',
  },
} as const satisfies Record<string, CodeRecord>
