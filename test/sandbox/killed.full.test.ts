import { afterAll, expect, test } from '@jest/globals'
import { killedUp } from './kill.js'
import { removeStateHome, useOwnStateHome } from './state-home.js'

const home = useOwnStateHome()
afterAll(() => removeStateHome(home))

test('wherever up is killed, the next one finishes its work', async () => {
  let between = 0
  for (let ms = 200; ms <= 3400; ms += 200) {
    if (await killedUp('killed', ms)) between++
  }
  expect(between).toBeGreaterThan(5)
}, 300_000)
