import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { pages, root } from './pages.js'

const LINK = /\]\(([^)\s]+)\)/g
const HOST = /\bhttps?:\/\/(\w[^/\s:)>'"`]+)/g

/** Names that nobody owns, names inside a cluster, this machine, and the specifications that we follow. */
const NEUTRAL = /(?:^|\.)example\.com$|\.svc(?:\.cluster\.local)?$|^localhost$|^127\.|^10\.|^192\.0\.2\./
const KNOWN = [
  'datatracker.ietf.org',
  'developer.hashicorp.com',
  'discuss.hashicorp.com',
  'github.com',
  'json-schema.org',
  'kubernetes.io',
  'openbao.org',
  'keepachangelog.com',
  'semver.org',
  'www.apache.org',
]

const sorted = (found: Iterable<string>): string[] => [...new Set(found)].sort()

test('every link within the repository leads somewhere', () => {
  const dead = pages().flatMap(([path, text]) =>
    [...text.matchAll(LINK)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !leadsSomewhere(path, target))
      .map((target) => `${path}: ${target}`),
  )
  expect(dead).toEqual([])
})

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? join(root, from) : join(root, dirname(from), file)
  if (!existsSync(path)) return false
  return anchor === undefined || anchors(readFileSync(path, 'utf8')).includes(anchor)
}

/** As GitHub makes them of headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('no page speaks of a real host', () => {
  const hosts = pages().flatMap(([, text]) => [...text.matchAll(HOST)].map(([, host = '']) => host))
  expect(sorted(hosts).filter((host) => !NEUTRAL.test(host) && !KNOWN.includes(host))).toEqual([])
})

test('every page of docs/ can be found from the map, or from an index that the map leads to', () => {
  const texts = new Map(pages())
  const found = new Set<string>()
  const follow = (path: string): void => {
    if (found.has(path)) return
    found.add(path)
    if (path.endsWith('/README.md')) for (const target of targets(path, texts.get(path) ?? '')) follow(target)
  }
  follow('docs/README.md')
  expect([...texts.keys()].filter((path) => path.startsWith('docs/') && !found.has(path))).toEqual([])
})

/** The pages that a page links to, by their paths in the repository. */
const targets = (from: string, text: string): string[] =>
  [...text.matchAll(LINK)].map(([, target = '']) => join(dirname(from), target.split('#', 1)[0] ?? ''))
