// A desk that `switchboard seed` has filled: hand-overs from the AI, and changes of more conversations than fit on a screen.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, api, seed, startServer } from './server.mjs';
import { clean, tab } from './steps.mjs';

const benUser = { email: 'ben@example.com', name: 'Ben Agent', role: 'agent', password: 'another-test-password' };
const phone = { width: 390, height: 844 };

let server;
let browser;
let ada; // administrator
let ben; // an agent of no department

before(async () => {
  server = await startServer();
  await addUser(server, benUser);
  await seed(server, 400);
  browser = await launch();
  [ada, ben] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(ben, server.base, benUser);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(ben); });

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('hand-overs from the AI', () => {
  const take = (page) => page.locator('#escalations').getByRole('button', { name: 'Take it' });
  let talk; // one that goes on, that nobody has taken, and that Ben may see

  before(async () => {
    for (const { id, state, department } of (await api(server, '/conversations?limit=500')).items) {
      if (state === 'closed' || department) continue;
      const types = (await api(server, `/conversations/${id}`)).events.map((entry) => entry.type);
      if (types.includes('escalated') && !types.includes('escalation_taken')) talk = `${server.base}/inbox/${id}`;
    }
    assert.ok(talk, 'seeding makes one');
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`in the panel and on the profile, on a phone, ${colorScheme}`, async () => {
      const page = await open(browser, { colorScheme, viewport: phone, hasTouch: true });
      await signIn(page, server.base);
      await page.goto(`${talk}?tab=escalations`);
      await live(page);
      await page.click('[data-panel-toggle]');
      await take(page).waitFor();
      await page.waitForFunction(() => getComputedStyle(document.getElementById('panel')).translate === '0px');
      await picture(page, `escalation-${colorScheme}-390`);
      assert.deepEqual(await violations(page), []);
      assert.ok(await overflow(page) <= 0);
      const person = await page.locator('#thread-title a').getAttribute('href');
      await page.goto(`${server.base}${person}?tab=escalations`);
      await take(page).scrollIntoViewIfNeeded();
      await picture(page, `escalation-profile-${colorScheme}-390`);
      assert.deepEqual(await violations(page), []);
      assert.ok(await overflow(page) <= 0);
      clean(page);
      await page.context().close();
    });
  }

  test('when, where and why; of two who take it one has it, and the other is told', async () => {
    const late = await open(browser); // a page that hears of nothing: a click that comes too late
    await late.route('**/events*', () => {});
    await signIn(late, server.base, benUser);
    for (const page of [ada, ben, late]) {
      await page.goto(talk);
      await tab(page, 'escalations');
      await take(page).waitFor();
    }
    for (const page of [ada, ben]) await live(page);
    await ada.evaluate(() => { // whoever seeding gave it to: nobody has it
      const { csrf } = Object.fromEntries(new FormData(document.querySelector('#actions form')));
      return fetch(`${location.pathname}/assignee`, { method: 'POST', body: new URLSearchParams({ csrf, value: '' }) });
    });
    for (const page of [ada, ben]) await page.locator('#thread-head .assignee', { hasText: 'Unassigned' }).waitFor();
    const shown = ada.locator('#escalations .episode');
    assert.match(await shown.innerText(), /\d{1,2}:\d\d/, 'when');
    assert.ok(await shown.locator('.channel').getAttribute('title'), 'where');
    assert.match(await shown.locator('.episode__summary').innerText(), /\w+/, 'why');
    await shown.getByText('Nobody has taken it yet').waitFor();
    await picture(ada, 'escalation-waiting');
    assert.deepEqual(await violations(ada), []);

    await take(ada).click();
    await ada.locator('.toast', { hasText: 'You have taken the hand-over, and the conversation is yours' }).waitFor();
    for (const page of [ada, ben]) await page.locator('#escalations', { hasText: 'Taken by Administrator' }).waitFor();
    await ada.locator('#thread-head .assignee', { hasText: 'You' }).waitFor();
    await ben.locator('#thread-head .assignee', { hasText: 'Administrator' }).waitFor();
    assert.equal(await take(ben).count(), 0, 'the colleague is offered nothing that is gone');
    await ben.locator('.event', { hasText: 'Administrator' }).last().waitFor();
    await picture(ben, 'escalation-taken');
    assert.deepEqual(await violations(ben), []);

    await take(late).click();
    await late.locator('.toast', { hasText: 'Administrator has taken it already' }).waitFor();
    await late.locator('#escalations', { hasText: 'Taken by Administrator' }).waitFor();
    await picture(late, 'escalation-late');
    clean(late);
    await late.context().close();
  });
});

describe('more conversations than fit on a screen', () => {
  const picks = (page) => page.locator('#rows [data-pick]');
  const result = (page) => page.locator('.toast', { hasText: / done/ }).last();

  for (const width of [1440, 390]) {
    test(`one change for 120 of them: its progress, its result, and back, ${width} px`, async () => {
      const page = await open(browser, { viewport: { width, height: width === 390 ? 844 : 900 } });
      await signIn(page, server.base);
      let goOn; // the server is quick: a slow line shows what a slow one would
      const seen = new Promise((resolve) => { goOn = resolve; });
      let asked = 0;
      await page.route('**/inbox/bulk', async (route) => { asked++; await seen; await route.continue(); });
      await page.goto(`${server.base}/inbox?select=1`);
      await live(page);
      for (let n = await picks(page).count(); n < 120; n = await picks(page).count()) {
        await page.locator('#more').scrollIntoViewIfNeeded();
        await page.waitForFunction((had) => document.querySelectorAll('#rows [data-pick]').length > had, n);
      }
      await page.getByRole('button', { name: 'All shown' }).click();
      const all = await picks(page).count();
      await page.locator('#bulk-count', { hasText: `${all} selected` }).waitFor();
      await picture(page, `bulk-selected-${width}`);

      await page.getByLabel('What to do with the selected conversations').selectOption({ label: 'Urgent priority' });
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.locator('#bulk-busy', { hasText: `Working on ${all} conversations` }).locator('progress').waitFor();
      await picture(page, `bulk-busy-${width}`);
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Apply' }).click(); // impatience does nothing twice
      goOn();
      await result(page).getByText(`${all} done`).waitFor();
      await page.locator('#bulk-busy').waitFor({ state: 'hidden' });
      assert.equal(asked, 1);
      await page.waitForFunction((n) => document.querySelectorAll('#rows .priority--urgent').length === n, all);
      await picture(page, `bulk-done-${width}`);
      await result(page).getByRole('button', { name: 'Undo' }).click();
      await page.waitForFunction((n) => document.querySelectorAll('#rows .priority--urgent').length < n / 2, all);
      clean(page);
      await page.context().close();
    });
  }
});
