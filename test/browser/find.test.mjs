// Finding things: filters, saved views with live counts, search down to the message.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp } from './server.mjs';

const ben = { email: 'ben@example.com', name: 'Ben Agent', password: 'a-long-enough-password' };
const talker = { name: 'Long Talker', phone: '12025550188' };
const hostile = '<script>alert(1)</script> "quoted" \u202Eevil {{.}}';

let server;
let browser;
let ada;

const run = (server, ...args) => new Promise((resolve, reject) => {
  const child = spawn(process.env.SWITCHBOARD_BIN, args, { env: server.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { said += data; });
  child.once('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${args[0]}: ${said}`))));
});
const clean = (page) => assert.deepEqual(page.problems, [], 'no JavaScript errors, no broken policy');
const rows = (page) => page.locator('#rows [data-id]');
const rowCount = (page, n) => page.waitForFunction((want) => document.querySelectorAll('#rows [data-id]').length === want, n);
const openFilters = async (page) => {
  if (!(await page.locator('#filters').evaluate((d) => d.open))) await page.click('#filters summary');
  await page.locator('#filter-state').waitFor();
};
const count = (page, id) => page.locator(`#${id} .views__count`).textContent();

before(async () => {
  server = await startServer();
  browser = await launch();
  await run(server, 'seed', '--conversations', '300', '--contacts', '80', '--messages-per', '3', '--seed', '5');
  await addUser(server, ben);
  for (let i = 0; i < 130; i++) await whatsapp(server, talker, i === 4 ? 'The turquoise teapot leaks at the spout' : `Line ${i} of a long story`);
  await whatsapp(server, { name: 'Zoë Größe', phone: '12025550143' }, hostile);
  ada = await open(browser);
  await signIn(ada, server.base);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => clean(ada));

describe('filters', () => {
  test('combine, stand in the address, and drop one by one', async () => {
    await ada.goto(`${server.base}/inbox`);
    await live(ada);
    await openFilters(ada);
    await ada.selectOption('#filter-channel', 'whatsapp');
    await ada.locator('#chip-channel').waitFor();
    await ada.selectOption('#filter-state', 'closed');
    await ada.locator('#view-closed[aria-current="true"]').waitFor();
    await ada.selectOption('#filter-label', 'delivery');
    await ada.locator('#chip-label-delivery').waitFor();
    await picture(ada, 'find-filters');
    const address = new URL(ada.url());
    assert.equal(address.searchParams.get('view'), 'closed');
    assert.equal(address.searchParams.get('channel'), 'whatsapp');
    assert.equal(address.searchParams.get('label'), 'delivery');
    const shown = await rows(ada).evaluateAll((list) => list.map((row) => row.id));
    assert.ok(shown.length > 0);
    await ada.reload();
    assert.deepEqual(await rows(ada).evaluateAll((list) => list.map((row) => row.id)), shown, 'a reload shows the same');
    await rows(ada).first().locator('[data-row-link]').click();
    await ada.waitForSelector('#thread');
    await ada.goBack();
    await ada.waitForSelector('#thread', { state: 'detached' }); // the page before is back, not about to come
    await ada.locator('#chip-label-delivery').waitFor();
    await ada.click('#chip-channel');
    await ada.locator('#chip-channel').waitFor({ state: 'detached' });
    await ada.waitForFunction(() => document.activeElement.matches('[data-chip]')); // the keyboard goes on at the next chip
    await ada.keyboard.press('Enter');
    await ada.locator('[data-chip]').waitFor({ state: 'detached' });
    assert.equal(new URL(ada.url()).search, '?view=closed');
  });

  test('by keyboard alone', async () => {
    await ada.goto(`${server.base}/inbox`);
    await ada.focus('#filters summary');
    await ada.keyboard.press('Enter');
    await ada.keyboard.press('Tab');
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'filter-state');
    for (let i = 0; i < 5; i++) await ada.keyboard.press('Tab');
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'filter-priority');
    await ada.keyboard.press('ArrowDown');
    await ada.locator('#chip-priority').waitFor();
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'filter-priority', 'the keyboard stays where it is');
  });

  test('an empty list says which filter to drop', async () => {
    await ada.goto(`${server.base}/inbox?state=any&label=wholesale&flagged=1&priority=low&department=billing`);
    const drop = ada.locator('.empty__drops a, .empty a', { hasText: /Without|Clear all/ });
    await drop.first().waitFor();
    await picture(ada, 'find-empty');
    await ada.goto(`${server.base}/inbox?view=open&label=nothing-has-it`);
    await ada.locator('.empty__drops a', { hasText: 'Label nothing-has-it' }).click();
    await rows(ada).first().waitFor();
  });

  test('order by priority, urgent ones first', async () => {
    await ada.goto(`${server.base}/inbox?sort=priority`);
    const words = await rows(ada).evaluateAll((list) => list.map((row) => row.querySelector('.priority')?.textContent || 'Normal'));
    const rank = ['Urgent', 'High', 'Normal', 'Low'];
    assert.deepEqual(words, [...words].sort((a, b) => rank.indexOf(a) - rank.indexOf(b)));
  });
});

describe('saved views', () => {
  test('save, share, see the count move live, rename, delete and take it back', async () => {
    await ada.goto(`${server.base}/inbox`);
    await live(ada);
    await openFilters(ada);
    await ada.selectOption('#filter-channel', 'whatsapp');
    await ada.locator('#save-view summary').click();
    await ada.fill('#view-name', 'Phone people');
    await ada.getByLabel('Share with everybody').check();
    await ada.getByRole('button', { name: 'Save view' }).click();
    const link = ada.locator('.view--saved', { hasText: 'Phone people' });
    await link.waitFor();
    await ada.getByText('View saved').waitFor();
    const id = await link.getAttribute('id');
    await ada.waitForFunction((view) => document.activeElement.id === view, id); // the keyboard is at what was made
    const address = ada.url();
    assert.match(address, /\/inbox\?view=v/);
    const colleague = await open(browser);
    await signIn(colleague, server.base, ben);
    const theirs = colleague.locator(`#${id}`);
    await theirs.waitFor();
    assert.equal(await colleague.locator('#edit-view').count(), 0);
    await live(colleague);
    const counted = [Number(await count(ada, id)), Number(await count(colleague, id))];
    assert.ok(counted[1] < counted[0], 'an agent counts what their departments allow');
    await whatsapp(server, { name: 'Newcomer One', phone: '12065550147' }, 'Hello there');
    for (const [i, page] of [ada, colleague].entries()) {
      await page.waitForFunction(([view, n]) => Number(document.querySelector(`#${view} .views__count`).textContent) === n, [id, counted[i] + 1]);
    }
    await picture(ada, 'find-view');
    await ada.goto(address);
    await ada.locator('#edit-view summary').click();
    await ada.fill('#view-rename', `Phones ${hostile}`.slice(0, 60));
    await ada.getByRole('button', { name: 'Rename' }).click();
    await ada.locator('.view--saved', { hasText: 'Phones <script>' }).waitFor();
    await ada.locator('#edit-view summary').click();
    await ada.getByRole('button', { name: 'Delete' }).click();
    await ada.locator(`#${id}`).waitFor({ state: 'detached' });
    await ada.getByRole('button', { name: 'Undo' }).click();
    await ada.locator('.view--saved', { hasText: 'Phones <script>' }).waitFor();
    clean(colleague);
    await colleague.context().close();
  });

  test('a changed view can be saved, or left as it was', async () => {
    await ada.locator('.view--saved').first().click();
    await ada.locator('#view-tools').waitFor();
    await openFilters(ada);
    await ada.selectOption('#filter-state', 'closed');
    await ada.getByRole('button', { name: 'Save changes' }).waitFor();
    await picture(ada, 'find-changed');
    await ada.getByText('Back to the view').click();
    await ada.getByRole('button', { name: 'Save changes' }).waitFor({ state: 'detached' });
    assert.match(ada.url(), /\?view=v[a-z0-9]+$/);
  });
});

describe('search', () => {
  test('as you type, to a message on an older page', async () => {
    await ada.goto(`${server.base}/inbox`);
    await live(ada);
    await ada.keyboard.press('/');
    await ada.keyboard.type('turquoise teap');
    await rowCount(ada, 1);
    await rows(ada).first().locator('mark', { hasText: 'turquoise' }).waitFor();
    await picture(ada, 'find-list-search');
    await rows(ada).first().locator('[data-row-link]').click();
    const found = ada.locator('[data-found]');
    await found.waitFor();
    await found.getByText('The turquoise teapot leaks').waitFor();
    await ada.waitForFunction(() => {
      const box = document.querySelector('[data-found]').getBoundingClientRect();
      const area = document.querySelector('#scroll').getBoundingClientRect();
      return box.top >= area.top - 1 && box.bottom <= area.bottom + 1;
    });
    await picture(ada, 'find-message');
    assert.match(ada.url(), /[?&]at=/);
    await ada.reload();
    await found.waitFor();
  });

  test('everything, in groups, page by page', async () => {
    await ada.goto(`${server.base}/search`);
    await ada.fill('#search', 'long');
    await ada.locator('#found-people').waitFor();
    await ada.locator('#found-messages').waitFor();
    assert.equal(new URL(ada.url()).searchParams.get('q'), 'long');
    assert.equal(await ada.locator('#found-messages .result').count(), 20);
    await picture(ada, 'find-search');
    await ada.locator('#more-messages a').click();
    await ada.waitForFunction(() => document.querySelectorAll('#found-messages .result').length === 40);
    const ids = await ada.locator('.result').evaluateAll((list) => list.map((item) => item.id));
    assert.equal(new Set(ids).size, ids.length, 'nothing twice');
    await ada.fill('#search', 'invoice company');
    await ada.locator('#found-notes').waitFor();
    await ada.fill('#search', '+1 (202) 555-0188');
    await ada.locator('#found-people', { hasText: 'Long Talker' }).waitFor();
    await ada.fill('#search', 'zoe grosse');
    await ada.getByText('Nothing found').waitFor(); // ß is not ss
    await ada.fill('#search', 'zoe');
    await ada.locator('#found-people', { hasText: 'Zoë' }).waitFor();
  });

  test('hostile text is text', async () => {
    for (const text of ['<script>alert(1)</script>', '"quoted" OR 1=1', '\u202Eevil', '👩🏽‍👩🏻‍👧🏾‍👦', '*'.repeat(200), '\\ % _ $where']) {
      await ada.goto(`${server.base}/search?q=${encodeURIComponent(text)}`);
      await ada.locator('#results').waitFor();
      await ada.goto(`${server.base}/inbox?q=${encodeURIComponent(text)}`);
      await ada.locator('#list-body').waitFor();
    }
    await ada.goto(`${server.base}/search?q=script`);
    await ada.locator('#found-messages', { hasText: '<script>alert(1)</script>' }).waitFor();
    assert.ok(await ada.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing hangs over the edge');
  });
});

describe('without JavaScript', () => {
  test('filter, save a view, search and follow it', async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await signIn(page, server.base, ben);
    await page.locator('#filters summary').click();
    await page.selectOption('#filter-channel', 'instagram');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('#chip-channel').waitFor();
    await page.locator('#save-view summary').click();
    await page.fill('#view-name', 'Pictures');
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.locator('.view--saved', { hasText: 'Pictures' }).waitFor();
    await page.goto(`${server.base}/search`);
    await page.fill('#search', 'turquoise');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('#found-messages a').first().click();
    await page.locator('[data-found]', { hasText: 'turquoise' }).waitFor();
    clean(page);
    await page.context().close();
  });
});

describe('on a phone, and for everybody', () => {
  test('390 px: filters, views and search fit', async () => {
    const page = await open(browser, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await signIn(page, server.base);
    await openFilters(page);
    await picture(page, 'find-phone-filters');
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits());
    await page.goto(`${server.base}/search?q=long`);
    await page.locator('#found-messages').waitFor();
    assert.ok(await fits());
    await picture(page, 'find-phone-search');
    await page.locator('#found-messages a').first().click();
    await page.locator('[data-found]').waitFor();
    clean(page);
    await page.context().close();
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing, ${colorScheme}`, async () => {
      const page = await open(browser, { colorScheme });
      await signIn(page, server.base);
      await openFilters(page);
      for (const path of ['/inbox?channel=whatsapp&label=delivery&q=line', '/inbox?label=none&flagged=1', '/search?q=long', '/search', '/search?q=zzz']) {
        await page.goto(server.base + path);
        await page.waitForSelector('#list-body, #results');
        assert.deepEqual(await violations(page), [], path);
      }
      await page.goto(`${server.base}/inbox`);
      await page.locator('.view--saved').first().click();
      await page.locator('#edit-view summary').click();
      assert.deepEqual(await violations(page), [], 'a saved view, edited');
      await picture(page, `find-${colorScheme}`);
      clean(page);
      await page.context().close();
    });
  }
});
