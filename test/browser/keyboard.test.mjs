// The desk without a mouse: keys, the sheet, the palette.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean, row } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };

let server;
let browser;
let page;
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.name || document.activeElement.textContent);
const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

before(async () => {
  server = await startServer();
  browser = await launch();
  page = await open(browser);
  await signIn(page, server.base);
  await whatsapp(server, ana, 'Hello, is the blue mug in stock?');
  await whatsapp(server, bob, 'Where is my parcel?');
  await row(page, 'Bob Example').waitFor();
  await row(page, 'Ana Sample').waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => clean(page));

describe('keys', () => {
  test('the sheet lists what is possible here, and nothing else', async () => {
    await page.goto(`${server.base}/inbox`);
    await press('?');
    const sheet = page.locator('#shortcuts[open]');
    await sheet.getByText('Go to Contacts').waitFor();
    assert.equal(await sheet.getByText('Close the conversation').count(), 0, 'no conversation is open');
    assert.equal(await sheet.getByText('reply', { exact: false }).count(), 0, 'not built yet');
    assert.deepEqual(await violations(page), []);
    await picture(page, 'shortcuts');
    await press('Escape');
    await press('j', 'Enter');
    await page.waitForSelector('#thread');
    await press('?');
    await sheet.getByText('Contact tab').waitFor();
    await press('Escape');
  });

  test('tooltips tell the keys, and assistive technology is told', async () => {
    assert.equal(await page.locator('.rail a[href="/contacts"]').getAttribute('title'), 'Contacts (g c)');
    assert.equal(await page.locator('#search').getAttribute('aria-keyshortcuts'), '/');
    assert.match(await page.locator('#tab-contact').getAttribute('title'), /\(1\)$/);
    await press('2');
    await page.locator('#tab-conversation[aria-selected="true"]').waitFor();
    await page.waitForFunction(() => /\(2\)$/.test(document.getElementById('tab-conversation').title), null);
  });

  test('going places, never while typing, and not when switched off', async () => {
    await press('g', 'c');
    await page.waitForURL('**/contacts');
    await press('/');
    await page.keyboard.type('gi?jk');
    assert.equal(await page.inputValue('#search'), 'gi?jk');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await press('Escape', '?');
    await page.locator('[data-single-keys]').focus();
    await press('Space', 'Escape');
    await press('g', 'i', '?');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    assert.match(page.url(), /\/contacts/);
    await press('Control+k'); // not a single key
    await page.locator('#palette[open]').waitFor();
    await page.keyboard.type('shortcuts');
    await press('Enter');
    await page.locator('[data-single-keys]').focus();
    await press('Space', 'Escape', 'g', 'i');
    await page.waitForURL('**/inbox');
  });
});

describe('the palette', () => {
  test('finds actions by a few letters, people by name', async () => {
    await page.goto(`${server.base}/inbox`);
    await live(page);
    await press('Control+k');
    await page.locator('#palette[open]').waitFor();
    assert.equal(await focused(), 'palette-input');
    await page.keyboard.type('gocont');
    assert.match(await page.locator('[role="option"][aria-selected="true"]').innerText(), /Go to Contacts/);
    assert.equal(await page.getAttribute('#palette-input', 'aria-activedescendant'), await page.locator('[role="option"][aria-selected="true"]').getAttribute('id'));
    await page.fill('#palette-input', 'bob ex');
    await page.locator('[role="option"]', { hasText: 'WhatsApp, open' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, 'palette');
    await press('ArrowDown', 'ArrowUp', 'Enter');
    await page.locator('#thread-title', { hasText: 'Bob Example' }).waitFor();
  });

  test('what was used last stands first; Escape gives the focus back', async () => {
    await press('Control+k');
    await page.keyboard.type('dark');
    await press('Enter');
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.focus('#search');
    await press('Control+k');
    assert.match(await page.locator('[role="option"]').first().innerText(), /Dark theme/);
    assert.deepEqual(await violations(page), []);
    await picture(page, 'palette-dark');
    await page.keyboard.type('zzzz');
    await page.getByText('Nothing fits').waitFor();
    await press('Escape');
    assert.equal(await focused(), 'search');
    await press('Control+k');
    await page.keyboard.type('theme of');
    await press('Enter');
    await page.locator('html:not([data-theme])').waitFor();
  });

  test('on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await press('Control+k');
    await page.keyboard.type('ana');
    await page.locator('[role="option"]', { hasText: 'Contact' }).first().waitFor();
    await picture(page, 'palette-phone');
    await press('Escape');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
});
