// The desk without a mouse: keys, the sheet, the palette.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean, openConversation, row } from './steps.mjs';

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

describe('a flurry of keys', () => {
  test('the tab that is remembered is the one chosen last, whatever arrives first', async () => {
    // The choice of the second tab is held up on its way until the fourth has been made.
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    let seen = 0;
    await page.route('**/panel', async (route) => {
      if (route.request().method() === 'POST' && route.request().postData().includes('tab=conversation')) {
        seen++;
        await held;
      }
      await route.continue();
    });
    // Before the page is opened: a request can slip past a route that is put up over a page already loaded.
    await openConversation(page, server.base, 'Ana Sample');
    const answered = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.request().postData()?.includes('tab=conversation'));
    for (const key of ['2', '3', '4']) await page.keyboard.press(key);
    await page.locator('#tab-history[aria-selected="true"]').waitFor();
    release();
    assert.equal((await answered).status(), 200);
    assert.equal(seen, 1, 'it was held');
    assert.equal(await page.locator('#tab-history').getAttribute('aria-selected'), 'true');
    await page.reload();
    await page.locator('#tab-history[aria-selected="true"]').waitFor();
    for (let i = 0; i < 5; i++) for (const key of ['1', '2', '3', '4', '5', '6', '3']) await page.keyboard.press(key);
    await page.locator('#tab-notes[aria-selected="true"]').waitFor();
    await page.waitForFunction(() => !document.querySelector('.htmx-request'));
    await page.reload();
    await page.locator('#tab-notes[aria-selected="true"]').waitFor();
    await page.unroute('**/panel');
    clean(page);
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

  test('people come before what only begins its words so', async () => {
    await page.goto(`${server.base}/inbox?channel=whatsapp`);
    await live(page);
    await page.locator('#save-view summary').click();
    await page.fill('#view-name', 'All new arrivals');
    await press('Enter');
    await page.getByText('View saved').waitFor();
    await press('Control+k');
    await page.keyboard.type('ana');
    await page.locator('[role="option"]', { hasText: 'Contact' }).first().waitFor();
    const names = await page.locator('#palette-list .option__name').allInnerTexts();
    assert.equal(names[0], 'Ana Sample');
    assert.deepEqual(names.slice(-2), ['All new arrivals', 'Search everything for “ana”']);
    assert.match(await page.locator('[role="option"][aria-selected="true"]').innerText(), /Ana Sample/);
    await press('Escape');
    await page.goto(`${server.base}/inbox`);
    await live(page);
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
    await page.keyboard.type('q');
    await page.getByText('Nothing fits').waitFor();
    await page.keyboard.type('qq'); // letters strewn over a name are no fit either: this is where a search goes on
    assert.deepEqual(await page.locator('#palette-list .option__name').allInnerTexts(), ['Search everything for “qqq”']);
    await press('Escape');
    assert.equal(await focused(), 'search');
    await press('Control+k');
    for (const [typed, found] of [['ktrd', []], ['mine', ['Mine']], ['audit', ['Audit log']]]) {
      await page.fill('#palette-input', typed);
      const names = await page.locator('#palette-list .option__name').allInnerTexts();
      assert.deepEqual(names.filter((name) => !name.startsWith('Search everything')), found, typed);
    }
    await page.fill('#palette-input', 'teapot');
    await press('Enter');
    await page.waitForURL('**/search?q=teapot');
    await page.goto(`${server.base}/inbox`);
    await live(page);
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

describe('without a mouse', () => {
  // until presses Tab until the focus is where it should be, as somebody without a mouse does.
  const until = async (selector, key = 'Tab', most = 80) => {
    for (let i = 0; i < most; i++) {
      if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
      await press(key);
    }
    assert.fail(`${selector} cannot be reached with ${key}; the focus is on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200))}`);
  };
  // visible: what has the focus is in the window and nothing lies over it (WCAG 2.4.11).
  const visible = async () => assert.ok(await page.evaluate(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 12)];
    const top = document.elementFromPoint(x, y);
    return top && (element.contains(top) || top.contains(element));
  }), await page.evaluate(() => `the focus is hidden: ${document.activeElement.outerHTML.slice(0, 200)}`));

  test('open a conversation, edit a field, add a note, label, assign, close', async () => {
    await page.goto(`${server.base}/inbox`);
    await live(page);
    await press('Tab');
    assert.equal(await focused(), 'Skip to content', 'the first stop leads past the navigation');
    await press('j');
    while (!/Ana/.test(await focused())) await press('j');
    await visible();
    await press('Enter');
    await page.locator('#thread-title', { hasText: 'Ana Sample' }).waitFor();
    await page.waitForFunction(() => document.activeElement.id === 'thread-title');

    await press('1');
    await page.locator('#tab-contact[aria-selected="true"]').waitFor();
    await page.focus('#tab-contact');
    await until('[id^="field-location"] [data-edit]');
    await visible();
    await press('Enter');
    await page.waitForFunction(() => document.activeElement.name === 'value');
    await page.keyboard.type('Lisbon');
    await press('Enter');
    await page.getByText('Location saved').waitFor();
    await page.waitForFunction(() => document.activeElement.closest('[id^="field-location"]')); // goes on where it was
    await visible();

    await press('n');
    await page.waitForFunction(() => document.activeElement.dataset.action === 'note');
    await page.keyboard.type('Prefers the blue one');
    await press('Control+Enter');
    await page.locator('.note', { hasText: 'Prefers the blue one' }).waitFor();
    await page.locator('#thread-title').focus();

    await press('l');
    await page.waitForFunction(() => document.activeElement.name === 'new');
    await page.keyboard.type('priority::high');
    await press('Enter');
    await page.locator('.event', { hasText: 'priority::high' }).waitFor();
    await page.locator('#thread-title').focus();

    await press('a');
    await page.locator('#handling[open]').waitFor();
    assert.deepEqual(await violations(page), []);
    await until('#handling button.choice'); // "Assign to me" comes first
    await press('Enter');
    await page.locator('#handling[open]').waitFor({ state: 'detached' });
    await page.locator('.event', { hasText: /assigned/i }).waitFor();

    await press('Escape', 'e');
    await page.locator('#handling[open]').waitFor();
    assert.deepEqual(await violations(page), []);
    await until('#handling button[type="submit"]');
    await visible();
    await press('Enter');
    await page.locator('#thread-head', { hasText: 'Closed' }).waitFor();
    await page.waitForFunction(() => document.activeElement !== document.body); // the focus is somewhere
    await picture(page, 'keyboard-closed');
  });
});
