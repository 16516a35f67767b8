// The customer grid, the merge of two contacts and what a profile's fields take, in a real browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { instagram, startServer, whatsapp } from './server.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const twin = { name: 'Ana S.', phone: '12025550199' };
const hostile = { name: '=1+1<script>alert("name")</script>', phone: '12025550166' };

let server;
let browser;
let agent;

const row = (page, name) => page.locator('#rows [data-id]', { hasText: name });
const toGrid = (page, query = '') => page.goto(`${server.base}/contacts${query}`);
const profile = async (page, name) => {
  await toGrid(page);
  await row(page, name).first().locator('[data-row-link]').click();
  await page.waitForSelector('#profile');
};
const set = async (page, field, value) => {
  await page.locator(`.field[id^="field-${field}-"] [data-edit]`).click();
  const input = page.locator(`.field[id^="field-${field}-"] [name="value"]`);
  await input.fill(value);
  await input.press('Enter');
  await page.locator(`.field[id^="field-${field}-"] [data-edit]`, { hasText: value }).waitFor();
};

before(async () => {
  server = await startServer();
  browser = await launch();
  agent = await open(browser);
  await signIn(agent, server.base);
  await whatsapp(server, ana, 'Hello');
  await whatsapp(server, twin, 'Hello from my other phone');
  await whatsapp(server, hostile, 'Hello');
  await instagram(server, '5550001112223', 'Hello from Instagram');
  await agent.locator('#rows [data-id]').nth(3).waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => assert.deepEqual(agent.problems, [], 'no JavaScript errors, no broken policy'));

describe('the grid', () => {
  test('ticked contacts are labelled together, and it is undone', async () => {
    await toGrid(agent);
    await row(agent, 'Ana Sample').locator('[data-grid-pick]').check();
    await row(agent, 'Ana S.').locator('[data-grid-pick]').check();
    await agent.getByText('2 ticked').waitFor();
    await agent.fill('#grid-label', 'Press');
    await agent.click('#grid-bulk button[value="add"]');
    await agent.getByText('2 contacts labelled “press”.').waitFor();
    await row(agent, 'Ana Sample').locator('.label', { hasText: 'press' }).waitFor();
    await agent.getByText('Tick contacts to label them').waitFor();
    await picture(agent, 'contacts-grid');
    await agent.locator('[data-undo] button').last().click();
    await row(agent, 'Ana Sample').locator('.label', { hasText: 'press' }).waitFor({ state: 'detached' });
  });

  test('columns are chosen and remembered', async () => {
    await toGrid(agent);
    await agent.click('#grid-columns summary');
    await picture(agent, 'contacts-columns');
    await agent.locator('#grid-columns').getByLabel('Language').check();
    await agent.locator('#grid-columns').getByLabel('Phone').uncheck();
    await agent.getByRole('button', { name: 'Show these' }).click();
    await agent.locator('th.c-language').waitFor();
    assert.equal(await agent.locator('th.c-phone').count(), 0);
    await agent.reload();
    await agent.locator('th.c-language').waitFor();
    await agent.click('#grid-columns summary');
    await agent.getByRole('button', { name: 'The usual ones' }).click();
    await agent.locator('th.c-phone').waitFor();
  });

  test('the export is a file that a spreadsheet cannot misread', async () => {
    await toGrid(agent);
    const [download] = await Promise.all([agent.waitForEvent('download'), agent.click('.grid-tools__export')]);
    assert.match(download.suggestedFilename(), /^contacts-\d{4}-\d\d-\d\d\.csv$/);
    const text = readFileSync(await download.path(), 'utf8');
    assert.ok(text.startsWith('\uFEFFID,Name,Phone'));
    assert.equal(text.trim().split('\r\n').length, 5);
    assert.match(text, /'=1\+1<script>/);
    assert.match(text, /'\+12025550143/);
  });

  test('filters narrow down as they are chosen', async () => {
    await toGrid(agent);
    await agent.selectOption('[name="channel"]', 'instagram');
    await row(agent, 'Ana Sample').waitFor({ state: 'detached' });
    assert.equal(await agent.locator('#rows [data-id]').count(), 1);
    await agent.selectOption('[name="seen"]', 'before');
    await agent.getByText('Nobody matches').waitFor();
    assert.match(agent.url(), /channel=instagram&seen=before/);
  });
});

describe('the phone number', () => {
  for (const width of [1440, 390]) {
    test(`one that cannot be is refused beside the field, which keeps what was typed; a right one is saved, ${width} px`, async () => {
      await agent.setViewportSize({ width, height: 900 });
      await profile(agent, '=1+1');
      const field = agent.locator('.field[id^="field-phone-"]');
      await field.locator('[data-edit]').click();
      const input = field.locator('[name="value"]');
      for (const [typed, words] of [
        ['+44 20 7946 00', 'too short for numbers that begin with +44'], ['+1 202 555 01433', 'too long for numbers that begin with +1'],
        ['+999 1234567', 'No country has this country code'], ['ask her', 'with + and country code'],
      ]) {
        await input.fill(typed);
        await input.press('Enter');
        await field.locator('.error', { hasText: words }).waitFor();
        assert.equal(await input.inputValue(), typed);
        assert.equal(await input.getAttribute('aria-invalid'), 'true');
        assert.equal(await input.evaluate((element) => document.activeElement === element), true, 'one goes on typing');
      }
      await input.fill('+44 20 7946 00');
      await input.press('Enter');
      await field.locator('.error', { hasText: 'too short' }).waitFor();
      await picture(agent, `contacts-phone-refused-${width}`);
      assert.deepEqual(await violations(agent), []);
      await input.fill(width === 390 ? '+44 20 7946 0019' : '+44 (0)20 7946 0018');
      await input.press('Enter');
      await field.locator('[data-edit]', { hasText: width === 390 ? '+442079460019' : '+442079460018' }).waitFor();
      await agent.getByText('Phone saved').last().waitFor();
      await picture(agent, `contacts-phone-saved-${width}`);
      await agent.setViewportSize({ width: 1440, height: 900 });
    });
  }
});

describe('two records of one person', () => {
  test('are merged with choices, and the merge is undone', async () => {
    await profile(agent, 'Ana Sample');
    await set(agent, 'email', 'ana@example.com');
    await set(agent, 'location', 'Leeds');
    await profile(agent, 'Ana S.');
    await set(agent, 'email', 'ana@example.com');
    await set(agent, 'location', 'York');
    await agent.reload();
    await agent.getByText('Might be the same person').waitFor();
    await agent.getByText('Same e-mail ana@example.com').waitFor();
    await agent.locator('#same-person').scrollIntoViewIfNeeded();
    await picture(agent, 'contacts-suggestion');
    await agent.getByRole('link', { name: 'Merge with Ana Sample' }).click();
    await agent.getByRole('link', { name: 'The other way round' }).click();
    await agent.waitForURL('**keep=**');
    await agent.locator('.merge__clash', { hasText: 'Location' }).getByText('York').click();
    await picture(agent, 'contacts-merge');
    await agent.getByRole('button', { name: 'Merge', exact: true }).click();
    await agent.getByText('Ana S. is part of this contact now.').waitFor();
    await agent.locator('.field[id^="field-location-"]', { hasText: 'York' }).waitFor();
    await toGrid(agent);
    assert.equal(await agent.locator('#rows [data-id]').count(), 3);
    await whatsapp(server, twin, 'Still me');
    await row(agent, 'Ana Sample').first().locator('[data-row-link]').click();
    await agent.getByRole('link', { name: 'Undo merge' }).first().click();
    await agent.getByRole('heading', { name: 'Becomes what it was' }).waitFor();
    await agent.getByText('Location: Leeds').waitFor();
    await picture(agent, 'contacts-undo');
    await agent.getByRole('button', { name: 'Undo merge' }).click();
    await agent.getByText('They are two contacts again').waitFor();
    await agent.locator('.field[id^="field-location-"]', { hasText: 'Leeds' }).waitFor();
    await toGrid(agent);
    assert.equal(await agent.locator('#rows [data-id]').count(), 4);
  });
});

describe('a merge that is undone long after', () => {
  const talks = (page) => page.locator('#profile .episode');

  for (const width of [1440, 390]) {
    test(`what its page promises is what happens, ${width} px`, async () => {
      const mine = { name: `Grace Here ${width}`, phone: `1202555${width}1`.slice(0, 11).padEnd(11, '1') };
      const theirs = { name: `Grace There ${width}`, phone: mine.phone.slice(0, -1) + '9' };
      await whatsapp(server, mine, 'From my phone');
      await whatsapp(server, theirs, 'From my other phone');
      await toGrid(agent);
      await row(agent, theirs.name).waitFor();
      await agent.setViewportSize({ width, height: 900 });
      await profile(agent, mine.name);
      const home = agent.url().split('?')[0];
      await agent.goto(`${home}/merge?q=${encodeURIComponent(theirs.name)}`);
      await agent.locator('.same__item a').first().click();
      await agent.getByRole('button', { name: 'Merge', exact: true }).click();
      await agent.getByText(`${theirs.name} is part of this contact now.`).waitFor();

      // Meanwhile: both go on writing, an agent notes and sets something.
      await whatsapp(server, mine, 'Mine since then');
      await whatsapp(server, theirs, 'Theirs since then');
      await set(agent, 'location', 'Leeds');
      await agent.goto(`${home}?tab=notes`);
      await agent.fill('#note-text', 'noted since then');
      await agent.locator('#note-form button[type=submit]').click();
      await agent.locator('#note-list', { hasText: 'noted since then' }).waitFor();
      await agent.goto(`${home}?tab=conversations`);
      await talks(agent).nth(1).waitFor();
      await agent.getByRole('link', { name: 'Undo merge' }).first().click();

      const part = (name) => agent.getByRole('region', { name });
      await part('Goes back').getByText(`+${theirs.phone}`).waitFor();
      await part('Goes back').getByText('1 conversation', { exact: true }).waitFor();
      await part('Stays as it is').getByText('Location: Leeds').waitFor();
      await part('Stays as it is').getByText('Notes, labels and attributes added since the merge').waitFor();
      await picture(agent, `contacts-undo-late-${width}`);
      assert.deepEqual(await violations(agent), []);
      await agent.getByRole('button', { name: 'Undo merge' }).click();
      await agent.getByText('They are two contacts again').waitFor();

      // As promised: each has their conversation with all that was said in it.
      await agent.locator('.field[id^="field-location-"]', { hasText: 'Leeds' }).waitFor();
      await agent.goto(`${home}?tab=notes`);
      await agent.locator('#note-list', { hasText: 'noted since then' }).waitFor();
      await profile(agent, mine.name);
      await talks(agent).filter({ hasText: /Active[\s\S]*Mine since then[\s\S]*2 messages/ }).waitFor();
      assert.equal(await talks(agent).count(), 1);
      await profile(agent, theirs.name);
      await talks(agent).filter({ hasText: /Active[\s\S]*Theirs since then[\s\S]*2 messages/ }).waitFor();
      assert.equal(await agent.locator('.field[id^="field-location-"]', { hasText: 'Leeds' }).count(), 0);
      await live(agent);
      await whatsapp(server, theirs, 'Again on my own');
      await talks(agent).filter({ hasText: /Again on my own[\s\S]*3 messages/ }).waitFor();
      assert.equal(await talks(agent).count(), 1);
      await picture(agent, `contacts-undone-late-${width}`);
      await agent.setViewportSize({ width: 1440, height: 900 });
    });
  }
});

describe('everywhere', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1440, 390]) {
      test(`axe finds nothing: ${colorScheme}, ${width} px`, async () => {
        const page = await open(browser, { colorScheme, viewport: { width, height: 900 } });
        await signIn(page, server.base);
        await toGrid(page);
        await page.locator('#rows [data-id]').first().waitFor();
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
        await picture(page, `contacts-${colorScheme}-${width}`);
        await row(page, 'Ana Sample').first().locator('[data-row-link]').click();
        await page.waitForSelector('#same-person');
        const url = page.url();
        await page.goto(`${url.split('?')[0]}/merge?q=script`);
        await page.locator('.same__item a').first().click();
        await page.waitForSelector('.merge__sides');
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
        await picture(page, `contacts-merge-${colorScheme}-${width}`);
        assert.deepEqual(page.problems, []);
        await page.context().close();
      });
    }
  }

  test('without JavaScript: label, edit a field with a searchable list', async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await signIn(page, server.base);
    await toGrid(page);
    await row(page, 'Ana Sample').locator('[data-grid-pick]').check();
    await page.fill('#grid-label', 'vip');
    await page.click('#grid-bulk button[value="add"]');
    await page.getByText('1 contact labelled “vip”.').waitFor();
    await page.getByRole('link', { name: 'To the contacts' }).click();
    await row(page, 'Ana Sample').locator('.label', { hasText: 'vip' }).waitFor();
    await row(page, 'Ana Sample').locator('[data-row-link]').click();
    await page.locator('.field[id^="field-language-"] [data-edit]').click();
    await page.locator('.field[id^="field-language-"] [name="value"]').fill('português');
    await page.locator('.field[id^="field-language-"] button[type="submit"]').click();
    await page.locator('.field[id^="field-language-"]', { hasText: 'Portuguese' }).waitFor();
    await page.locator('.field[id^="field-country-"] [data-edit]').click();
    await page.locator('.field[id^="field-country-"] [name="value"]').fill('Atlantis');
    await page.locator('.field[id^="field-country-"] button[type="submit"]').click();
    await page.getByText('Choose a country from the list.').waitFor();
    await page.context().close();
  });
});
