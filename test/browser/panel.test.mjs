// What colleagues keep beside a conversation: the six tabs of the panel, notes, history, comments with notices, and the
// profile page.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, instagram, startServer, whatsapp } from './server.mjs';
import { clean, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };
const benUser = { email: 'ben@example.com', name: 'Ben Agent', role: 'agent', password: 'another-test-password' };
const tabs = ['contact', 'conversation', 'notes', 'history', 'comments', 'escalations'];
const hostile = '<script>alert(1)</script> <img src=x onerror=alert(1)> "\' {{.}} javascript:alert(1)\nsecond line \u202Emirrored مرحبا بكم 👩🏽‍👩🏻‍👧🏾‍👦 https://wiki.example/page';

let server;
let browser;
let ada; // administrator
let ben; // agent

const note = (page, text) => page.locator('#note-list .note', { hasText: text });
const addNote = async (page, text, ticket = '') => {
  await page.fill('#note-text', text);
  await page.fill('#note-ticket', ticket);
  await page.locator('#note-form button[type=submit]').click();
};
const current = (page) => page.locator('#panel [role="tab"][aria-selected="true"]').evaluate((element) => element.id.slice('tab-'.length));
const waitTab = (page, name) => page.locator(`#tab-${name}[aria-selected="true"]`).waitFor();
const closeConversation = async (page) => {
  const token = await page.locator('input[name="csrf"]').first().inputValue();
  const id = await page.locator('#thread').getAttribute('data-conversation');
  const status = await page.evaluate(async ([path, body]) => (await fetch(path, { method: 'POST', body: new URLSearchParams(body) })).status, [`/inbox/${id}/state`, { csrf: token, value: 'closed' }]);
  assert.equal(status, 200);
};

before(async () => {
  server = await startServer();
  await addUser(server, benUser);
  browser = await launch();
  [ada, ben] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(ben, server.base, benUser);
  await whatsapp(server, ana, 'Hello, is the blue mug in stock?');
  await whatsapp(server, bob, 'Where is my parcel?');
  await instagram(server, '5551234567890', 'Hi from Instagram');
  await row(ada, 'Bob Example').waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(ben); });

describe('tabs', () => {
  test('six, by arrows, Home, End and number keys; the choice is remembered', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await tab(ada, 'contact');
    assert.deepEqual(await ada.locator('#panel [role="tab"]').evaluateAll((list) => list.map((t) => t.id.slice('tab-'.length))), tabs);
    await ada.locator('#tab-contact').focus();
    for (const name of [...tabs.slice(1), tabs[0]]) {
      await ada.keyboard.press('ArrowRight');
      await waitTab(ada, name);
      assert.equal(await ada.evaluate(() => document.activeElement.id), `tab-${name}`, 'the focus stays in the tabs');
    }
    await ada.keyboard.press('ArrowLeft');
    await waitTab(ada, 'escalations');
    await ada.keyboard.press('Home');
    await waitTab(ada, 'contact');
    await ada.keyboard.press('End');
    await waitTab(ada, 'escalations');
    await ada.locator('#thread-title').focus();
    for (const [n, name] of tabs.entries()) {
      await ada.keyboard.press(String(n + 1));
      await waitTab(ada, name);
    }
    for (const key of ['1', '5', '2', '6', '3']) await ada.keyboard.press(key); // faster than the answers come
    await waitTab(ada, 'notes');
    await ada.waitForFunction(() => !document.querySelector('.htmx-request'));
    assert.equal(await current(ada), 'notes', 'the last one wins');
    await openConversation(ada, server.base, 'Bob Example');
    assert.equal(await current(ada), 'notes');
    await ada.reload();
    assert.equal(await current(ada), 'notes');
  });

  test('every tab says what it is for when it is empty', async () => {
    await openConversation(ada, server.base, 'Bob Example');
    for (const [name, words] of [['notes', 'No notes yet'], ['comments', 'No comments'], ['escalations', 'No hand-overs']]) {
      await tab(ada, name);
      await ada.locator('#tabpanel .empty', { hasText: words }).waitFor();
    }
    await tab(ada, 'history');
    await ada.locator('.episode', { hasText: 'open here' }).waitFor();
  });
});

describe('notes', () => {
  test('hostile text is text; line breaks stay; only web addresses are links', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await tab(ada, 'notes');
    await addNote(ada, hostile, 'https://jira.example/browse/OPS-1');
    await note(ada, 'mirrored').waitFor();
    const shown = note(ada, 'mirrored').locator('.note__text');
    assert.equal(await shown.evaluate((element) => element.textContent), hostile);
    assert.deepEqual(await note(ada, 'mirrored').locator('a').evaluateAll((list) => list.map((a) => a.href)), ['https://wiki.example/page', 'https://jira.example/browse/OPS-1']);
    assert.equal(await ada.inputValue('#note-text'), '', 'the form is ready for the next one');
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'note-text');
    await picture(ada, 'panel-notes');
  });

  test('2,000 characters, counted alike in browser and server; Ctrl+Enter adds', async () => {
    const exactly = '😀'.repeat(1000) + 'é\n'.repeat(500);
    await ada.fill('#note-text', `${exactly}x`);
    await ada.locator('.counter--over', { hasText: '2,001 / 2,000' }).waitFor();
    await ada.keyboard.press('Control+Enter');
    assert.equal(await ada.locator('#note-text').evaluate((area) => area.validity.customError), true, 'the browser says so and sends nothing');
    await ada.fill('#note-text', `${'😀'.repeat(1000)}${'é\n'.repeat(499)}é!`);
    await ada.locator('#note-count', { hasText: '2,000 / 2,000' }).waitFor();
    await ada.keyboard.press('Control+Enter');
    await note(ada, '😀😀😀').waitFor();
    await ada.locator('#note-count', { hasText: '0 / 2,000' }).waitFor();
  });

  test('a double click adds one note', async () => {
    await ada.fill('#note-text', 'clicked twice');
    await ada.locator('#note-form button[type=submit]').dblclick();
    await note(ada, 'clicked twice').first().waitFor();
    await addNote(ada, 'and one after it');
    await note(ada, 'and one after it').waitFor();
    assert.equal(await note(ada, 'clicked twice').count(), 1);
  });

  test('a ticket that is none is refused, with what was typed', async () => {
    await addNote(ada, 'about a ticket', 'two words');
    await ada.locator('#note-error', { hasText: 'Give a ticket number' }).waitFor();
    assert.equal(await ada.inputValue('#note-text'), 'about a ticket');
    await addNote(ada, 'about a ticket', 'OPS-123');
    await note(ada, 'OPS-123').waitFor();
    await ada.locator('#note-error').waitFor({ state: 'detached' });
  });

  test('deleted by the author alone, and taken back', async () => {
    await openConversation(ben, server.base, 'Ana Sample');
    await tab(ben, 'notes');
    await note(ben, 'about a ticket').waitFor();
    assert.equal(await ben.locator('.note__delete').count(), 0, "not a colleague's");
    await note(ada, 'about a ticket').getByRole('button', { name: 'Delete this note' }).click();
    await ada.locator('.toast', { hasText: 'Note deleted' }).hover(); // it stays while somebody points at it
    await note(ada, 'about a ticket').waitFor({ state: 'detached' });
    await note(ben, 'about a ticket').waitFor({ state: 'detached' });
    await ada.locator('.toast', { hasText: 'Note deleted' }).getByRole('button', { name: 'Undo' }).click();
    await note(ada, 'about a ticket').waitFor();
    await note(ben, 'about a ticket').waitFor();
  });

  test("a colleague's note comes in while one types, and nothing typed is lost", async () => {
    await ben.locator('#note-text').pressSequentially('half a thou');
    await addNote(ada, 'comes in between');
    await note(ben, 'comes in between').waitFor();
    assert.equal(await ben.inputValue('#note-text'), 'half a thou');
    assert.equal(await ben.evaluate(() => document.activeElement.id), 'note-text');
    await ben.keyboard.type('ght');
    await tab(ben, 'contact');
    await tab(ben, 'notes');
    assert.equal(await ben.inputValue('#note-text'), 'half a thought', 'a draft waits in its tab');
    await ben.reload();
    assert.equal(await ben.inputValue('#note-text'), 'half a thought');
    await ben.locator('#note-text').focus();
    await ben.keyboard.press('Control+Enter');
    await note(ben, 'half a thought').waitFor();
    await ben.reload();
    assert.equal(await ben.inputValue('#note-text'), '');
  });

  test('older notes on demand; a refresh keeps them on screen', async () => {
    for (let i = 0; i < 18; i++) {
      await ada.fill('#note-text', `filler ${i}.`);
      await ada.keyboard.press('Control+Enter');
      await note(ada, `filler ${i}.`).waitFor();
    }
    await openConversation(ben, server.base, 'Ana Sample');
    await tab(ben, 'notes');
    assert.equal(await ben.locator('#note-list .note').count(), 20);
    await ben.getByRole('link', { name: 'Older notes' }).click();
    await note(ben, 'mirrored').waitFor();
    const before = await ben.locator('#note-list .note').count();
    assert.equal(await ben.locator('.notes__day').count(), 1, 'one heading for the day');
    await addNote(ada, 'the newest of all');
    await note(ben, 'the newest of all').waitFor();
    assert.equal(await ben.locator('#note-list .note').count(), before);
  });
});

describe('comments', () => {
  test('a tagged colleague is told wherever they are, sees the conversation live, and answers', async () => {
    await ben.goto(`${server.base}/contacts`);
    await live(ben);
    await openConversation(ada, server.base, 'Bob Example');
    await tab(ada, 'comments');
    await ada.locator('#comment-people', { hasText: 'Ben Agent' }).waitFor();
    await ada.getByRole('checkbox', { name: 'Ben Agent' }).check();
    await ada.fill('#comment-text', 'Ben, do you know this parcel?');
    await picture(ada, 'panel-comments');
    await ada.locator('#comment-form button[type=submit]').click();
    await ada.locator('.toast', { hasText: 'Ben Agent was told' }).waitFor();
    await ada.locator('.note--comment', { hasText: 'do you know this parcel' }).waitFor();
    await ben.locator('.toast', { hasText: 'asks you to look at the conversation with Bob Example' }).waitFor();
    assert.equal((await ben.locator('.badge__count').innerText()).replace(/\s.*/s, ''), '1');
    await picture(ben, 'notice');
    await ben.goto(`${server.base}/notifications`);
    await ben.locator('.notices__item', { hasText: 'Bob Example' }).waitFor();
    assert.equal(await ben.locator('.badge__count').count(), 1, 'stored, so that it is there at the next page');
    await ben.locator('.notice__link').click();
    await ben.locator('.note--comment', { hasText: 'do you know this parcel' }).waitFor();
    assert.equal(await ben.locator('.badge__count').count(), 0, 'opened, so it is cleared');
    await live(ben);
    await ada.locator('#comment-text').pressSequentially('and also');
    await ben.fill('#comment-text', 'Yes: it is in Porto.');
    await ben.keyboard.press('Control+Enter');
    await ada.locator('.note--comment', { hasText: 'in Porto' }).waitFor();
    assert.equal(await ada.inputValue('#comment-text'), 'and also');
    await ada.fill('#comment-text', '');
  });

  test('gone when the conversation closes', async () => {
    await closeConversation(ada);
    await ada.locator('#comments', { hasText: 'under way' }).waitFor();
    await ben.locator('#comments', { hasText: 'under way' }).waitFor();
    assert.equal(await ada.locator('.note--comment').count(), 0);
    await tab(ada, 'notes');
    await addNote(ada, 'written after the close');
    await note(ada, 'written after the close').waitFor();
  });
});

describe('history', () => {
  test('every conversation, read-only, with its timeline', async () => {
    await whatsapp(server, bob, 'It is me again');
    await openConversation(ada, server.base, 'Bob Example');
    await tab(ada, 'history');
    await ada.locator('.episode').nth(1).waitFor();
    assert.match(await ada.locator('.episode').nth(0).innerText(), /Since .*Active/s);
    assert.match(await ada.locator('.episode').nth(1).innerText(), /^(?![\s\S]*Since)[\s\S]*Closed[\s\S]*Closed by/);
    await picture(ada, 'panel-history');
    await ada.locator('.episode__link').nth(1).click();
    await ada.waitForURL('**/history/*');
    await ada.locator('.past__readonly').waitFor();
    for (const words of ['Conversation started', 'Colleague called in: Ben Agent', /closed/i]) {
      await ada.locator('.timeline', { hasText: words }).waitFor();
    }
    await ada.locator('.bubble', { hasText: 'Where is my parcel?' }).waitFor();
    assert.equal(await ada.locator('.past textarea, .past select').count(), 0);
    await picture(ada, 'history');
  });
});

describe('the profile page', () => {
  test('tabs with addresses; notes written here are the same notes', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await ada.locator('#thread-title a').click();
    await ada.waitForURL('**/contacts/*');
    await waitTab(ada, 'conversations');
    await ada.locator('#tab-conversations').focus();
    await ada.keyboard.press('ArrowLeft');
    await waitTab(ada, 'notes');
    await ada.waitForURL('**/contacts/*?tab=notes');
    await live(ada);
    await note(ada, 'the newest of all').waitFor();
    await addNote(ada, 'from the profile page');
    await note(ada, 'from the profile page').waitFor();
    await openConversation(ben, server.base, 'Ana Sample');
    await tab(ben, 'notes');
    await addNote(ben, 'seen on the profile page');
    await note(ada, 'seen on the profile page').waitFor();
    assert.equal(await ada.locator('#tab-notes').getAttribute('aria-selected'), 'true', 'a refresh stays on the tab');
    await picture(ada, 'profile-notes');
    await ada.reload();
    await waitTab(ada, 'notes');
    await ada.keyboard.press('3');
    await ada.locator('.empty', { hasText: 'No hand-overs' }).waitFor();
    await ada.keyboard.press('2');
    await ada.locator('.episode__link').first().click();
    await ada.waitForURL('**/history/*');
    await ada.locator('.page-head').getByRole('link', { name: 'Open in the inbox' }).click();
    await ada.locator('#thread-title', { hasText: 'Ana Sample' }).waitFor();
  });
});

describe('without JavaScript', () => {
  test('tabs are links; a note is added, refused with its text, deleted; a comment is added; history opens', async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await signIn(page, server.base);
    await row(page, 'Ana Sample').locator('[data-row-link]').click();
    for (const name of tabs) {
      await page.locator(`#tab-${name}`).click();
      await waitTab(page, name);
    }
    await page.locator('#tab-notes').click();
    await addNote(page, 'without any script', 'OPS-9');
    await note(page, 'without any script').waitFor();
    await addNote(page, 'x'.repeat(2001));
    await page.locator('#note-error', { hasText: 'at most 2,000 characters; this has 2,001' }).waitFor();
    assert.equal((await page.inputValue('#note-text')).length, 2001);
    await page.locator('#tab-notes').click();
    await note(page, 'without any script').locator('.note__delete button').click();
    await note(page, 'without any script').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Older notes' }).click();
    await note(page, 'mirrored').waitFor();
    await page.getByRole('link', { name: 'Newest notes' }).click();
    await page.locator('#tab-comments').click();
    await page.fill('#comment-text', 'a comment without script');
    await page.locator('#comment-form button').click();
    await page.locator('.note--comment', { hasText: 'a comment without script' }).waitFor();
    await page.locator('#tab-history').click();
    await page.locator('.episode__link').first().click();
    await page.locator('.past__readonly').waitFor();
    await page.context().close();
  });
});

describe('axe finds nothing, and nothing is too wide', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1440, 390]) {
      test(`${colorScheme}, ${width} px`, async () => {
        const page = await open(browser, { colorScheme, viewport: { width, height: width === 390 ? 844 : 900 } });
        await signIn(page, server.base);
        const talk = await row(page, 'Ana Sample').locator('[data-row-link]').getAttribute('href');
        const id = talk.split('?')[0];
        await page.goto(server.base + id);
        const person = await page.locator('#thread-title a').getAttribute('href');
        if (colorScheme === 'light' && width === 390) { // one word of 2,000 letters, and writing from the right
          await page.goto(`${server.base}${person}?tab=notes`);
          await live(page);
          await page.locator('#note-text').focus();
          await page.keyboard.insertText('W'.repeat(65536)); // as pasted
          await page.locator('.counter--over', { hasText: '8,000 / 2,000' }).waitFor();
          for (const text of ['W'.repeat(2000), 'ملاحظة طويلة عن العميل، يفضل الرسائل القصيرة.\nسطر ثان.']) {
            await addNote(page, text);
            await note(page, text.slice(0, 20)).first().waitFor();
          }
        }
        const screens = {
          ...Object.fromEntries(tabs.map((name) => [name, `${id}?tab=${name}`])), past: id.replace('/inbox/', '/history/'),
          'profile-notes': `${person}?tab=notes`, 'profile-conversations': person, 'profile-escalations': `${person}?tab=escalations`, notices: '/notifications',
        };
        for (const [screen, path] of Object.entries(screens)) {
          await page.goto(server.base + path);
          await live(page);
          if (width === 390 && tabs.includes(screen)) {
            await page.click('[data-panel-toggle]');
            await page.waitForFunction(() => getComputedStyle(document.getElementById('panel')).translate === '0px');
          }
          await picture(page, `panel-${screen}-${colorScheme}-${width}`);
          assert.deepEqual(await violations(page), [], screen);
          const overflow = await page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('#panel, #tabpanel, .profile, .past, .past__talk, .past__side')].map((e) => e.scrollWidth - e.clientWidth)));
          assert.ok(overflow <= 0, `${screen} is ${overflow} px too wide`);
        }
        clean(page);
        await page.context().close();
      });
    }
  }
});
