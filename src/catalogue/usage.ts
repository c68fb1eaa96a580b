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
} as const satisfies Record<string, CodeRecord>
