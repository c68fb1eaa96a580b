import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execa } from 'execa'
import { drawing } from '../../src/views/graph/index.js'
import { oddDrawing, smallDrawing } from '../views/graph/drawn.js'

/** The page in a real browser, where there is one. It is driven by its address: `#q=…` is a search. */
const chromium = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((file) => existsSync(file))

if (chromium === undefined)
  process.stdout.write('The tests of the page in a browser are skipped: there is no chromium on PATH.\n')
const inBrowser = chromium === undefined ? test.skip : test

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'icebreaker-page-'))
  writeFileSync(join(folder, 'small.html'), drawing(smallDrawing('html')))
  writeFileSync(join(folder, 'odd.html'), drawing(oddDrawing('html')))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function browse(page: string, ...flags: readonly string[]): Promise<string> {
  const address = pathToFileURL(join(folder, page.split('#')[0] ?? '')).href
  const hash = page.includes('#') ? page.slice(page.indexOf('#')) : ''
  const profile = `--user-data-dir=${join(folder, 'profile')}`
  const { stdout } = await execa(chromium ?? '', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    profile,
    ...flags,
    address + hash,
  ])
  return stdout
}

/** The ids of the nodes that are drawn, as the browser's document has them. */
const drawn = (dom: string): string[] =>
  [...dom.matchAll(/<g data-node="(\w+)"[^>]*>/g)]
    .filter(([tag]) => !/class="[^"]*\boff\b/.test(tag))
    .map(([, id = '']) => id)
    .sort()

inBrowser('without a search all is shown, and the box is there', async () => {
  const dom = await browse('small.html', '--dump-dom')
  expect(drawn(dom)).toHaveLength(10)
  expect(dom).toContain('10 of 10 shown')
  expect(dom).toContain('<p id="tools">')
})

inBrowser('a search leaves what it is about', async () => {
  const dom = await browse('small.html#q=kv%2Fdata', '--dump-dom')
  expect(drawn(dom)).toEqual(['n0', 'n1', 'n2', 'n3'])
  expect(dom).toContain('4 of 10 shown')
  expect([...dom.matchAll(/<tr data-row="(\w+)" class="off"/g)].map(([, id]) => id)).toEqual(['n4'])
})

inBrowser('odd names run nothing, and are found', async () => {
  const dom = await browse('odd.html#q=%3Cscript', '--dump-dom')
  expect(dom.match(/<script/g)).toHaveLength(2)
  expect(drawn(dom)).toEqual(['n0account', 'n0path', 'n0policy', 'n0role'])
})

inBrowser('there is something to see', async () => {
  const picture = join(folder, 'page.png')
  await browse('small.html', `--screenshot=${picture}`, '--window-size=1200,800')
  const png = readFileSync(picture)
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  // A page of one colour alone is packed into a few hundred bytes.
  expect(png.length).toBeGreaterThan(5000)
})
