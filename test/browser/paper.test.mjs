// Paper, and colours that the reader's system forces: what is on the screen must be there without the desk's own colours, and
// a printed conversation or profile must be worth keeping.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { artefacts, launch, live, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const long = 'A long story about a mug. '.repeat(300);

let server;
let browser;
let page;
let talk; // address of Ana's conversation
let person; // address of her profile

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  page = await open(browser);
  await signIn(page, server.base);
  for (let i = 0; i < 60; i++) await whatsapp(server, ana, `Line ${i} of what Ana says.`);
  await whatsapp(server, ana, long);
  await row(page, 'Ana Sample').waitFor();
  await openConversation(page, server.base, 'Ana Sample');
  talk = new URL(page.url()).pathname;
  person = await page.locator('#thread-title a').getAttribute('href');
  await tab(page, 'conversation');
  await page.locator('section[id^="conversation-labels"] [data-label-filter]').fill('priority::high');
  await page.keyboard.press('Enter');
  await page.locator('#panel .label', { hasText: 'high' }).waitFor();
  await page.getByLabel('Assignee', { exact: true }).selectOption({ label: 'Administrator' });
  await page.locator('.assignee', { hasText: 'You' }).waitFor();
  await tab(page, 'notes');
  await page.locator('[data-action="note"]').fill('Prefers the blue one');
  await page.keyboard.press('Control+Enter');
  await page.locator('.note', { hasText: 'Prefers the blue one' }).waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// tools are parts of the desk that mean nothing on paper.
const tools = () => page.evaluate(() => [...document.querySelectorAll('button, .button, .icon-button, nav, [role="tab"][aria-selected="false"], textarea, .toast, dialog, [role="tooltip"], input[type="search"]')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true })).map((element) => element.outerHTML.slice(0, 100)));
const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
// print shows the page as paper, 718 px wide (A4 with usual margins), and makes a PDF as the browser would; it answers with the
// number of sheets.
const print = async (path, name) => {
  await page.goto(server.base + path);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.setViewportSize({ width: 718, height: 1000 });
  assert.deepEqual(await tools(), [], `${name}: no tools`);
  assert.ok(await wide() <= 0, `${name}: ${await wide()} px are cut off at the side`);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)', 'dark on the screen, white on paper');
  await page.screenshot({ path: `${artefacts}/print-${name}.png`, fullPage: true, caret: 'initial' });
  const pdf = await page.pdf({ format: 'A4' });
  writeFileSync(`${artefacts}/print-${name}.pdf`, pdf);
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
};
const screen = async () => {
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
};

describe('paper', () => {
  after(screen);
  test('a conversation: all that is loaded, on as many sheets as it takes, with exact times', async () => {
    const sheets = await print(`${talk}?tab=conversation`, 'conversation');
    assert.ok(sheets >= 4, `${sheets} sheets`);
    await page.locator('.bubble', { hasText: 'Line 12 of' }).waitFor();
    await page.getByRole('heading', { name: 'Ana Sample' }).waitFor();
    await page.locator('#panel').getByText('Session information').waitFor();
    await page.locator('#panel .label', { hasText: 'high' }).waitFor();
    assert.equal(await page.locator('.row:visible').count(), 0, 'not the other conversations');
    assert.equal(await page.locator('.bubble__text--long').evaluate((e) => e.scrollHeight <= e.clientHeight), true, 'a long message is not cut');
    const written = await page.locator('.event time').first().evaluate((e) => [getComputedStyle(e).fontSize, getComputedStyle(e, '::after').content]);
    assert.equal(written[0], '0px');
    assert.match(written[1], /\d{4}/, 'the date with its year');
    assert.match(await page.locator('.older').evaluate((e) => getComputedStyle(e, '::after').content), /not on this page/, 'what is missing is said');
    assert.equal(await page.getByLabel('Assignee', { exact: true }).evaluate((e) => getComputedStyle(e).borderTopWidth), '0px', 'values, not controls');
  });

  test('a profile, its notes, the history, the list, the grid, the audit log', async () => {
    await print(`${person}?tab=notes`, 'profile');
    await page.locator('.note', { hasText: 'Prefers the blue one' }).waitFor();
    await page.locator('.identities__value', { hasText: '12025550143' }).waitFor();
    assert.equal(await page.getByText('Add', { exact: true }).locator('visible=true').count(), 0, 'no empty fields');
    await print(`/history/${talk.split('/').pop()}`, 'history');
    await page.locator('.timeline li', { hasText: 'Label' }).first().waitFor();
    await print('/inbox', 'list');
    await row(page, 'Ana Sample').waitFor();
    await print('/contacts', 'grid');
    await page.locator('.grid__row', { hasText: 'Ana Sample' }).waitFor();
    await print('/settings/audit', 'audit');
    await page.getByRole('cell', { name: 'password' }).first().waitFor();
    clean(page);
  });
});

describe('forced colours', () => {
  for (const colorScheme of ['light', 'dark']) {
    test(`${colorScheme}: what is chosen is still told apart`, async () => {
      await page.emulateMedia({ forcedColors: 'active', colorScheme });
      const outlined = (selector) => page.locator(selector).first().evaluate((e) => getComputedStyle(e).outlineStyle !== 'none' && parseFloat(getComputedStyle(e).outlineWidth) >= 2);
      await page.goto(`${server.base}${talk}?tab=conversation`);
      await live(page);
      for (const chosen of ['#tab-conversation', '#rows .row:has([aria-current])', '.rail__item[aria-current]', '.views a[aria-current]']) assert.ok(await outlined(chosen), chosen);
      assert.notEqual(await page.locator('#tab-notes').evaluate((e) => getComputedStyle(e).borderBlockEndColor), await page.locator('#tab-notes').evaluate((e) => getComputedStyle(e).color), 'only the chosen tab has a line');
      await picture(page, `forced-${colorScheme}-conversation`);
      assert.deepEqual(await violations(page), []);
      await page.locator('[data-action="close"]').first().click();
      await page.locator('#handling[open]').getByText('Positive').click();
      assert.ok(await outlined('#handling .sentiment:has(:checked)'));
      await picture(page, `forced-${colorScheme}-close`);
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      assert.ok(await outlined('#palette-list [aria-selected="true"]'));
      await picture(page, `forced-${colorScheme}-palette`);
      await page.keyboard.press('Escape');
      await page.goto(`${server.base}/settings/labels`);
      assert.ok(await outlined('.settings__link[aria-current]'));
      await picture(page, `forced-${colorScheme}-settings`);
      await page.goto(`${server.base}${person}`);
      await picture(page, `forced-${colorScheme}-profile`);
      assert.deepEqual(await violations(page), []);
      await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
      clean(page);
    });
  }
});
