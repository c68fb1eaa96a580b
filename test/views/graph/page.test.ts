import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { drawing } from '../../../src/views/graph/index.js'
import { SCRIPT } from '../../../src/views/graph/page.js'
import { ODD, oddDrawing, smallDrawing } from './drawn.js'
import { all, elementsOf, type Element } from './elements.js'

const odd = drawing(oddDrawing('html'))
const small = drawing(smallDrawing('html'))

interface Model {
  readonly nodes: readonly {
    readonly id: string
    readonly column: string
    readonly height: number
    readonly text: string
  }[]
  readonly edges: readonly (readonly [string, string])[]
}

const modelOf = (page: Element): Model =>
  JSON.parse([...all(page, 'script')].find(({ attributes }) => attributes['id'] === 'model')!.text) as Model

describe('the page', () => {
  test('is well-formed, and every name in it is only text', () => {
    const page = elementsOf(odd)
    const names = new Set([...all(page)].map(({ name }) => name))
    expect([...names].sort()).toEqual([
      'body',
      'div',
      'g',
      'h1',
      'h2',
      'h3',
      'head',
      'html',
      'input',
      'label',
      'li',
      'meta',
      'p',
      'path',
      'rect',
      'script',
      'span',
      'style',
      'svg',
      'table',
      'tbody',
      'td',
      'text',
      'th',
      'thead',
      'title',
      'tr',
      'ul',
    ])
    expect([...all(page, 'script')]).toHaveLength(2)
    const rows = [...all(page, 'tr')].map(({ text }) => text).join('\n')
    for (const name of ODD) expect(rows).toContain(name.replaceAll('\n', '\\n').replaceAll('\t', '\\t'))
    expect(modelOf(page).nodes).toHaveLength(ODD.length * 4)
  })

  test('loads nothing, and runs nothing but its own script', () => {
    const page = elementsOf(odd)
    const policy = [...all(page, 'meta')].find(
      ({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy',
    )
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const [, script] = [...all(page, 'script')]
    const [style] = [...all(page, 'style')]
    expect(policy?.attributes['content']).toBe(
      `default-src 'none'; script-src ${hash(script!.text)}; style-src ${hash(style!.text)}; base-uri 'none'; form-action 'none'`,
    )
    const attributes = [...all(page)].flatMap((element) => Object.keys(element.attributes))
    expect(attributes.filter((name) => /^(?:on|src|href|style|action|xlink)/.test(name))).toEqual([])
    expect(`${script?.text}${style?.text}`).not.toMatch(/https?:|url\(|@import|fetch|XMLHttp|import\(/)
  })

  test('is a table where scripts do not run', () => {
    const rows = [...all(elementsOf(small), 'tr')].map((row) => row.children.map(({ text }) => text))
    expect(rows).toEqual([
      ['Service accounts', 'Role', 'Policies', 'Paths'],
      [
        'team/app, demo',
        'static, auth/demo',
        'read-kvshared',
        'kv/data/app: read (read-kv)sys/tools/*: update (shared)',
      ],
      [
        '* in team, demo, 41 accounts',
        'key, auth/demo, only from 10.0.0.0/8, ICE7101 A role that binds by wildcard',
        'use-keyshared',
        'transit/encrypt/key: update (use-key)sys/tools/*: update (shared)',
      ],
    ])
    // And the search box, which would do nothing, is not shown.
    expect(
      [...all(elementsOf(small), 'p')].find(({ attributes }) => attributes['id'] === 'tools')?.attributes,
    ).toHaveProperty('hidden')
  })

  test('draws every node in its column, none upon another, and every edge from side to side', () => {
    for (const page of [small, odd].map(elementsOf)) {
      const boxes = [...all(page, 'g')].map(({ attributes, children }) => {
        const rect = children.find(({ name }) => name === 'rect')!.attributes
        const [, x, y] = /^translate\((\d+) (\d+)\)$/.exec(attributes['transform']!)!
        return {
          id: attributes['data-node']!,
          x: Number(x),
          y: Number(y),
          width: Number(rect['width']),
          height: Number(rect['height']),
        }
      })
      expect(boxes.map(({ id }) => id)).toEqual(modelOf(page).nodes.map(({ id }) => id))
      const [{ attributes: size }] = [...all(page, 'svg')] as [Element]
      for (const a of boxes) {
        expect(a.x + a.width).toBeLessThanOrEqual(Number(size['width']))
        expect(a.y + a.height).toBeLessThanOrEqual(Number(size['height']))
        for (const b of boxes) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
          expect(a === b || apart).toBe(true)
        }
      }
      const byId = new Map(boxes.map((box) => [box.id, box]))
      for (const { attributes } of all(page, 'path')) {
        const [from, to] = [byId.get(attributes['data-from']!)!, byId.get(attributes['data-to']!)!]
        const [x1 = 0, y1 = 0, ...rest] = attributes['d']!.match(/\d+(?:\.\d+)?/g)!.map(Number)
        expect([x1, y1, ...rest.slice(-2)]).toEqual([
          from.x + from.width,
          from.y + from.height / 2,
          to.x,
          to.y + to.height / 2,
        ])
      }
    }
  })
})

describe('the search', () => {
  interface Functions {
    readonly shown: (model: Model, query: string) => Iterable<string>
    readonly placed: (model: Model, left: unknown) => Iterable<[string, number]>
  }
  const { shown, placed } = runInNewContext(`${SCRIPT}; ({ shown, placed })`, {}) as Functions
  const model = modelOf(elementsOf(small))
  const left = (query: string): string[] => {
    const names = new Map(smallDrawing('html').nodes.map(({ id, name }) => [id, name]))
    return Array.from(shown(model, query), (id) => names.get(id) ?? '').sort()
  }

  test.each([
    ['', 10, []],
    ['kv/data', 4, ['kv/data/app', 'read-kv', 'static', 'team/app']],
    ['TEAM/APP', 6, ['kv/data/app', 'read-kv', 'shared', 'static', 'sys/tools/*', 'team/app']],
    ['shared', 6, ['* in team', 'key', 'shared', 'static', 'sys/tools/*', 'team/app']],
    ['team/app shared', 4, ['shared', 'static', 'sys/tools/*', 'team/app']],
    ['ice7101', 6, []],
    ['10.0.0.0/8', 6, []],
    ['nothing of that', 0, []],
    ['.*', 0, []],
  ])('%s', (query, count, names) => {
    expect(left(query)).toHaveLength(count)
    if (names.length > 0) expect(left(query)).toEqual(names)
  })

  test('what is left moves up', () => {
    const tops = new Map(placed(model, shown(model, 'transit')))
    expect(new Set(tops.keys())).toEqual(new Set(['n4', 'n5', 'n6', 'n7']))
    expect(new Set(tops.values())).toEqual(new Set([8]))
  })

  test('the page does with it what it should, on a stand-in for a browser', () => {
    const page = elementsOf(small)
    const { off, search, hash, tools } = standIn(page, '#q=kv%2Fdata')
    expect(search.value).toBe('kv/data')
    expect(tools.hidden).toBe(false)
    expect(off()).toEqual({
      nodes: ['n4', 'n5', 'n6', 'n7', 'n8', 'n9'],
      rows: ['n4'],
      edges: 6,
      count: '4 of 10 shown',
    })
    search.value = 'team/app shared'
    search.input()
    expect(hash()).toBe('#q=team%2Fapp%20shared')
    expect(off()).toEqual({
      nodes: ['n2', 'n3', 'n4', 'n5', 'n6', 'n7'],
      rows: ['n4'],
      edges: 6,
      count: '4 of 10 shown',
    })
    // What nobody can decode is no search.
    expect(standIn(page, '#q=%E0%A4%A').off().nodes).toEqual([])
  })
})

/** A fake: as much of a document as the script touches, with the elements of the page. */
function standIn(page: Element, hash: string) {
  const fake = (element: Element) => {
    const classes = new Set<string>()
    const dataset = Object.fromEntries(
      Object.entries(element.attributes).flatMap(([name, value]) =>
        name.startsWith('data-') ? [[name.slice(5), value]] : [],
      ),
    )
    return {
      element,
      dataset,
      classes,
      classList: { toggle: (name: string, on: boolean) => (on ? classes.add(name) : classes.delete(name)) },
      set: {} as Record<string, string>,
      setAttribute(name: string, value: string) {
        this.set[name] = value
      },
    }
  }
  const elements = [...all(page)].map(fake)
  const listeners: Record<string, () => void> = {}
  const search = { value: '', addEventListener: (name: string, act: () => void) => void (listeners[name] = act) }
  const [count, tools] = [{ textContent: '' }, { hidden: true }]
  const model = { textContent: [...all(page, 'script')][0]!.text }
  const location = { hash }
  const selectors: Record<string, (each: ReturnType<typeof fake>) => boolean> = {
    'svg [data-node]': ({ dataset }) => 'node' in dataset,
    'svg [data-from]': ({ dataset }) => 'from' in dataset,
    'tr[data-row]': ({ dataset }) => 'row' in dataset,
  }
  const document = {
    getElementById: (id: string) => ({ search, count, tools, model })[id],
    querySelectorAll: (selector: string) => elements.filter(selectors[selector]!),
  }
  const history = {
    replaceState: (_: null, __: string, next: string) => {
      location.hash = next
    },
  }
  runInNewContext(SCRIPT, {
    document,
    location,
    history,
    addEventListener: () => undefined,
    JSON,
    Map,
    Set,
    decodeURIComponent,
    encodeURIComponent,
  })
  const isOff = ({ classes }: ReturnType<typeof fake>): boolean => classes.has('off')
  return {
    search: {
      ...search,
      get value() {
        return search.value
      },
      set value(text: string) {
        search.value = text
      },
      input: () => listeners['input']?.(),
    },
    tools,
    hash: () => location.hash,
    off: () => ({
      nodes: elements
        .filter((each) => 'node' in each.dataset && isOff(each))
        .map(({ dataset }) => dataset['node']!)
        .sort(),
      rows: elements.filter((each) => 'row' in each.dataset && isOff(each)).map(({ dataset }) => dataset['row']!),
      edges: elements.filter((each) => 'from' in each.dataset && isOff(each)).length,
      count: count.textContent,
    }),
  }
}
