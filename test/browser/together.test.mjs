// Two agents at one desk, and a network that fails.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, connectThrough, startServer, whatsapp } from './server.mjs';
import { clean, cutNoise, edit, field, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };
const benUser = { email: 'ben@example.com', name: 'Ben Agent', role: 'agent', password: 'another-test-password' };

let server;
let browser;
let ada; // two agents, each in a browser of their own
let ben;

before(async () => {
  server = await startServer();
  await addUser(server, benUser);
  browser = await launch();
  [ada, ben] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(ben, server.base, benUser);
  await whatsapp(server, ana, 'Hello, is the blue mug in stock?');
  await whatsapp(server, bob, 'Where is my parcel?');
  await row(ada, 'Bob Example').waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(ben); });

describe('presence', () => {
  test('colleagues see who views, who types, and who has left', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await ben.goto(`${server.base}/inbox`);
    await live(ben);
    const mark = row(ben, 'Ana Sample').locator('.watch');
    await mark.getByText('is viewing').waitFor({ state: 'attached' });
    await openConversation(ben, server.base, 'Ana Sample');
    await ben.locator('.viewer', { hasText: 'is viewing' }).waitFor();
    await ada.locator('.viewer', { hasText: 'Ben Agent is viewing' }).waitFor();
    await tab(ben, 'contact');
    const input = await edit(ben, 'location');
    await input.pressSequentially('Ber');
    await ada.locator('.viewer--typing', { hasText: 'Ben Agent is editing' }).waitFor();
    await row(ada, 'Ana Sample').locator('.watch--typing').waitFor();
    await picture(ada, 'presence');
    await ada.click('#action-snooze');
    await ada.locator('#handling').getByRole('button', { name: 'Tomorrow' }).click();
    await ada.locator('#action-open', { hasText: 'Wake' }).waitFor({ state: 'attached' });
    for (const width of [1440, 390]) {
      await ada.setViewportSize({ width, height: 900 });
      const head = await ada.evaluate(() => {
        const whole = (selector) => { const { scrollWidth, clientWidth } = document.querySelector(selector); return clientWidth > 0 && scrollWidth <= clientWidth; };
        const shown = [...document.querySelectorAll('#actions .button')].filter((button) => button.checkVisibility());
        return { account: whole('.thread__sub'), viewer: whole('.viewer .avatar'), lines: new Set(shown.map((button) => Math.round(button.getBoundingClientRect().top))).size };
      });
      assert.deepEqual(head, { account: true, viewer: true, lines: 1 }, `the head at ${width} px`);
      await picture(ada, `presence-snoozed-${width}`);
    }
    await ada.setViewportSize({ width: 1440, height: 900 });
    await ada.locator('#action-open').click();
    await ada.locator('#action-open').waitFor({ state: 'detached' });
    await ben.keyboard.press('Escape');
    await ada.locator('.viewer', { hasText: 'Ben Agent is viewing' }).waitFor();
    await ben.goto(`${server.base}/contacts`); // the page tells that it is left
    await ada.locator('.viewer').waitFor({ state: 'detached' });
    await row(ada, 'Ana Sample').locator('.watch svg').waitFor({ state: 'detached' });
  });
});

describe('editing together', () => {
  test('the same field: the second is shown both values', async () => {
    for (const page of [ada, ben]) {
      await openConversation(page, server.base, 'Ana Sample');
      await tab(page, 'contact');
    }
    const mine = await edit(ada, 'name');
    const theirs = await edit(ben, 'name');
    await mine.fill('Ana Maria');
    await theirs.fill('Ana Lucia');
    await mine.press('Enter');
    await ada.getByText('Name saved').waitFor();
    await theirs.press('Enter');
    await ben.locator('.conflict').waitFor();
    assert.match(await ben.locator('.conflict').innerText(), /Changed by Administrator[\s\S]*Ana Maria[\s\S]*Ana Lucia/);
    await picture(ben, 'together-conflict');
    await field(ben, 'name').getByText('Keep mine').click();
    for (const page of [ada, ben]) await field(page, 'name').getByText('Ana Lucia').waitFor();
  });

  test('a message that arrives is read out once', async () => {
    await whatsapp(server, ana, 'Are you still there?');
    await ada.locator('.bubble', { hasText: 'Are you still there?' }).waitFor();
    await ada.waitForFunction(() => /: Are you still there\?$/.test(document.getElementById('announce').textContent));
    assert.equal(await ada.locator('#scroll').getAttribute('aria-live'), 'off', 'the log itself is silent');
  });

  test('different fields: both survive, and a field in editing is left alone', async () => {
    const typing = await edit(ben, 'email');
    await typing.pressSequentially('ana@exa');
    const other = await edit(ada, 'location');
    await other.fill('Hamburg');
    await other.press('Enter');
    await field(ben, 'location').getByText('Hamburg').waitFor();
    assert.equal(await typing.inputValue(), 'ana@exa', 'what is being typed stays');
    await typing.pressSequentially('mple.com');
    await typing.press('Enter');
    for (const page of [ada, ben]) {
      await field(page, 'email').getByText('ana@example.com').waitFor();
      await field(page, 'location').getByText('Hamburg').waitFor();
    }
  });

  test('one closes while the other types: nothing typed is lost', async () => {
    await tab(ben, 'notes');
    const note = ben.locator('[data-action="note"]');
    await note.pressSequentially('Wants the blue one, ');
    await ada.locator('.viewer--typing', { hasText: 'Ben Agent is typing a note' }).waitFor();
    await ada.locator('[data-action="close"]').first().click();
    await ada.locator('#handling[open] button[type="submit"]').click();
    await ada.locator('#thread-head', { hasText: 'Closed' }).waitFor();
    await ben.locator('#thread-head', { hasText: 'Closed' }).waitFor();
    assert.equal(await note.inputValue(), 'Wants the blue one, ');
    await note.pressSequentially('with a lid');
    await ben.keyboard.press('Control+Enter'); // notes may be written on closed conversations
    for (const page of [ada, ben]) {
      await tab(page, 'notes');
      await page.locator('.note', { hasText: 'Wants the blue one, with a lid' }).waitFor();
    }
  });
});

describe('unread, of each agent', () => {
  const dora = { name: 'Dora Reader', phone: '12025550188' };
  const unread = (page) => row(page, 'Dora Reader').locator('.unread');

  test('read in one browser is read in the other of the same agent, and not for a colleague', async () => {
    const second = await open(browser, { viewport: { width: 390, height: 844 } });
    await signIn(second, server.base);
    for (const page of [ada, ben]) await page.goto(`${server.base}/inbox`);
    for (const page of [ada, ben, second]) await live(page);
    await whatsapp(server, dora, 'One');
    await whatsapp(server, dora, 'Two');
    for (const page of [ada, ben, second]) await unread(page).getByText('2').waitFor();
    await picture(second, 'unread-390');
    await row(ada, 'Dora Reader').locator('[data-row-link]').click();
    await ada.locator('#unread-mark', { hasText: '2 unread' }).waitFor();
    for (const page of [ada, second]) await unread(page).waitFor({ state: 'detached' });
    assert.equal(await unread(ben).innerText().then((text) => text.replace(/\D/g, '')), '2', 'a colleague has not read it');
    await picture(ben, 'unread-of-a-colleague');

    // Further up in the thread, what comes in at its end is not seen.
    for (let i = 0; i < 30; i++) await whatsapp(server, dora, `More ${i}.`);
    await ada.locator('.bubble', { hasText: 'More 29.' }).waitFor();
    await unread(second).waitFor({ state: 'detached' }); // ada's other window shows the end of the thread
    await ada.locator('#scroll').evaluate((area) => { area.scrollTop = -area.scrollHeight; });
    await whatsapp(server, dora, 'Below the fold');
    for (const page of [ada, second]) await unread(page).getByText('1').waitFor();
    await ada.locator('[data-newest]').click();
    for (const page of [ada, second]) await unread(page).waitFor({ state: 'detached' });
    clean(second);
    await second.context().close();
  });

  // Headless Chromium calls every window visible, whatever stands in front of it: the page is told otherwise, as a browser would.
  test('what comes while the window is in the background is unread until somebody looks', async () => {
    const look = (hidden) => ada.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (value ? 'hidden' : 'visible') });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await openConversation(ada, server.base, 'Dora Reader');
    await look(true);
    await whatsapp(server, dora, 'Are you looking?');
    await ada.locator('.bubble', { hasText: 'Are you looking?' }).waitFor({ state: 'attached' });
    await unread(ada).getByText('1').waitFor();
    await look(false);
    await unread(ada).waitFor({ state: 'detached' });
  });
});

describe('a network cut of 30 s, and a browser asleep for as long', () => {
  test('50 messages later nothing is missing and nothing is doubled', async () => {
    const cable = await connectThrough(server);
    const cut = await open(browser);
    const asleep = await open(browser);
    await signIn(cut, cable.base, benUser);
    await signIn(asleep, server.base, benUser);
    for (const page of [cut, asleep]) {
      await row(page, 'Bob Example').locator('[data-row-link]').click();
      await page.locator('#thread-title', { hasText: 'Bob Example' }).waitFor();
      await live(page);
      await page.evaluate(() => { window.untouched = true; });
    }
    await openConversation(ada, server.base, 'Bob Example');
    await ada.locator('.viewer', { hasText: 'Ben Agent' }).waitFor();
    const session = await asleep.context().newCDPSession(asleep);
    const began = Date.now();
    cable.cut();
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await cut.locator('#live[data-state="stale"]', { hasText: /Stale \d+ s, retrying/ }).waitFor();
    for (let i = 0; i < 50; i++) await whatsapp(server, bob, `While you were away ${i}.`);
    await cut.locator('#tab-conversation').click();
    await cut.getByText('Switchboard could not be reached').first().waitFor();
    await picture(cut, 'together-stale');
    await sleep(Math.max(0, 30000 - (Date.now() - began))); // it really lasts 30 s
    cable.mend();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    for (const page of [cut, asleep]) {
      await live(page);
      await page.locator('.bubble', { hasText: 'While you were away 49.' }).waitFor({ timeout: 30000 });
      const shown = await page.locator('.bubble', { hasText: 'While you were away' }).allInnerTexts();
      assert.deepEqual(shown.map((text) => Number(/away (\d+)/.exec(text)[1])), [...Array(50).keys()], 'all of them, once, in their order');
      assert.ok(await page.evaluate(() => window.untouched), 'without loading the page again');
      await row(page, 'While you were away 49.').waitFor();
      cutNoise(page);
      clean(page);
    }
    // Whoever is cut off is forgotten, after half a minute at the latest from the last word.
    cable.cut();
    await asleep.context().close();
    await ada.locator('.viewer').waitFor({ state: 'detached', timeout: 60000 });
    await cut.context().close();
    await cable.close();
  });
});
