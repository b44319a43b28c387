// The documentation at /docs in a real Chromium: an example is sent from it as it stands and answered, and nothing is loaded from
// elsewhere.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { close } from './support/browser.js'
import { serve, tab, until } from './page/support.js'

after(close)

test('an example is tried out from the page and gets its assessment', async t => {
  const address = await serve(t)
  const { page, said, asked } = await tab(t)
  await page.goto(`${address}docs`)
  const block = page.locator('.opblock-post', { hasText: '/assessment' })
  await block.locator('.opblock-summary-control').click()
  await block.locator('.try-out__btn').click()
  await block.locator('.execute').click()
  const status = block.locator('.live-responses-table .response-col_status').last()
  await until(async () => (await status.count()) > 0 && (await status.innerText()).startsWith('200'), 'the example is answered with 200')
  const reply = await block.locator('.live-responses-table .response-col_description').last().innerText()
  assert.match(reply, /winner_assessment/)
  assert.deepEqual(asked.filter(url => !url.startsWith(address) && !url.startsWith('data:')), [])
  assert.deepEqual(said, [])
})
