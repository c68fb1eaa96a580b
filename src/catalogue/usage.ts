import { EXIT, type CodeRecord } from './record.js'

const usage = { severity: 'error', exit: EXIT.usage } as const

export const USAGE = {
  wrongUsage: {
    ...usage,
    code: 'ICE1100',
    title: 'The command line cannot be understood',
    meaning: 'A flag, its value or an argument is not one that the command knows. Nothing was contacted.',
    remedy: 'Add --help to the command to see what it takes.',
  },
  unknownCommand: {
    ...usage,
    code: 'ICE1101',
    title: 'No such command',
    meaning: 'The first words of the command line name no command.',
    remedy: 'Run `icebreaker help` to see all commands.',
  },
  nobodyToAsk: {
    ...usage,
    code: 'ICE1102',
    title: 'A question, and nobody to ask',
    meaning: 'The command would ask before it goes on, but it does not run at a terminal.',
    remedy: 'Give the answer with the flag that the message names, or run the command at a terminal.',
  },
  timedOut: {
    severity: 'error',
    exit: EXIT.unreachable,
    code: 'ICE1103',
    title: 'The time limit is over',
    meaning: 'The command did not end within the time that --timeout allows.',
    remedy: 'Run it again with a longer --timeout: it goes on where it stopped.',
  },
  stopped: {
    severity: 'info',
    exit: EXIT.failed,
    code: 'ICE1104',
    title: 'Stopped by a signal',
    meaning:
      'Ctrl-C or another signal stopped the command before its end. It then exits with 128 and the number of the signal: 130 after Ctrl-C, 143 after SIGTERM.',
    remedy: 'Run the command again: it reads what is there first, and goes on from that.',
  },
  bug: {
    severity: 'error',
    exit: EXIT.failed,
    code: 'ICE1105',
    title: 'A mistake in icebreaker itself',
    meaning: 'Something happened that icebreaker has no answer to. This is never the fault of the file or the servers.',
    remedy: 'Please report it, with the command that was typed. DEBUG=1 shows where it happened.',
  },
  outputLost: {
    severity: 'error',
    exit: EXIT.failed,
    code: 'ICE1106',
    title: 'Standard output cannot be written',
    meaning:
      'The result could not be written where standard output leads: mostly a disk is full. What the command had to do on the servers is done all the same.',
    remedy: 'Make room, or send the output elsewhere, and run the command again: it reads what is there first.',
  },
  secretNotSaved: {
    ...usage,
    code: 'ICE1107',
    title: 'The secret cannot be written there',
    meaning:
      'A secret is written to a new file, readable for its owner alone; it never replaces a file or follows a link.',
    remedy: 'Choose another name for --secret-out, or remove the old file.',
  },
  nothingToExplain: {
    ...usage,
    code: 'ICE1108',
    title: 'Nothing of that name can be explained',
    meaning: 'It is no code, no section of the file and no address of an object that the file asks for.',
    remedy: 'Run `icebreaker explain` to see what there is; `icebreaker plan` shows the addresses.',
  },
  fileExists: {
    ...usage,
    code: 'ICE1109',
    title: 'There is such a file already',
    meaning:
      '`init` makes a new file. One that is there is somebody’s work: it can be added to, and is never overwritten.',
    remedy: 'Say what to add to it with --add, or name another file with --out.',
  },
  fileNotWritten: {
    ...usage,
    code: 'ICE1110',
    title: 'The file cannot be written there',
    meaning:
      'Its folder is missing, this user may not write there, there is no room, or something stands there that is no file, such as a link.',
    remedy: 'Choose another place with --out, or remove what is in the way.',
  },
  fileChanged: {
    severity: 'error',
    exit: EXIT.refused,
    code: 'ICE1111',
    title: 'The file was changed meanwhile',
    meaning: 'Between reading the file and writing it somebody else has changed it. What they wrote was left as it is.',
    remedy: 'Run the command again: it begins with the file as it is now.',
  },
} as const satisfies Record<string, CodeRecord>
