// Handling a conversation: states, snooze, assignment, transfer, flag, closing, and many at once.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp } from './server.mjs';
import { clean, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };
const cleo = { name: 'Cleo Third', phone: '12025550155' };
const benUser = { email: 'ben@example.com', name: 'Ben Agent', role: 'agent', password: 'another-test-password' };

let server;
let browser;
let ada; // an administrator and an agent, each in a browser of their own
let ben;

const head = (page) => page.locator('#thread-head');
const dialog = (page) => page.locator('#handling[open]');
const action = (page, name) => page.locator(`[data-action="${name}"]`);
const undo = (page) => page.locator('.toast').last().getByRole('button', { name: 'Undo' });
const state = (page, text) => head(page).locator('.state', { hasText: text }).waitFor();
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const dismissToasts = async (page) => {
  await page.evaluate(() => document.querySelectorAll('[data-toast] [data-dismiss]').forEach((button) => button.click()));
};

before(async () => {
  server = await startServer();
  await addUser(server, benUser);
  browser = await launch();
  [ada, ben] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(ben, server.base, benUser);
  for (const [person, text] of [[ana, 'Hello, is the blue mug in stock?'], [bob, 'Where is my parcel?'], [cleo, 'I want my money back']]) await whatsapp(server, person, text);
  for (const person of [ana, bob, cleo]) await row(ada, person.name).waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(ben); });

describe('states', () => {
  test('snoozed until a time or until the customer writes, woken by a message, with undo', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await action(ada, 'snooze').click();
    await dialog(ada).getByText('Tomorrow morning').waitFor();
    await picture(ada, 'handling-snooze');
    assert.deepEqual(await violations(ada), []);
    await dialog(ada).getByRole('button', { name: 'Tomorrow morning' }).click();
    await state(ada, /Snoozed until tomorrow 9:00\sAM/);
    assert.equal(await dialog(ada).count(), 0, 'the dialog is gone');
    await ada.goto(`${server.base}/inbox?view=snoozed`);
    await row(ada, 'Ana Sample').getByText(/Snoozed until tomorrow 9:00\sAM/).waitFor();
    await openConversation(ada, server.base, 'Bob Example');
    await ada.keyboard.press('s');
    await dialog(ada).getByRole('button', { name: 'Until the customer writes' }).click();
    await state(ada, 'Snoozed until a reply');
    await undo(ada).click();
    await state(ada, 'Open');
    await action(ada, 'snooze').click();
    await dialog(ada).getByLabel('Date').fill('2001-02-03', { force: true });
    await dialog(ada).locator('form').last().evaluate((form) => { form.noValidate = true; });
    await dialog(ada).getByRole('button', { name: 'Snooze until then' }).click();
    await dialog(ada).getByText('This time is over').waitFor();
    assert.equal(await dialog(ada).getByLabel('Date').inputValue(), '2001-02-03', 'what was typed is still there');
    await ada.keyboard.press('Escape');
    assert.equal(await dialog(ada).count(), 0);
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'action-snooze', 'the keyboard goes on where it was');
    await whatsapp(server, ana, 'Are you there?');
    await ada.goto(`${server.base}/inbox`);
    await row(ada, 'Ana Sample').waitFor();
    await openConversation(ada, server.base, 'Ana Sample');
    await state(ada, 'Open');
  });

  test('pending, open, flag, each with undo', async () => {
    await openConversation(ada, server.base, 'Bob Example');
    await action(ada, 'pending').click();
    await state(ada, 'Pending');
    await undo(ada).click();
    await state(ada, 'Open');
    await ada.locator('#thread-title').focus();
    await ada.keyboard.press('f');
    await head(ada).getByText('Flagged').waitFor();
    await row(ada, 'Bob Example').getByText('Flagged').waitFor();
    await ada.goto(`${server.base}/inbox?flagged=1`);
    await row(ada, 'Bob Example').waitFor();
    assert.equal(await ada.locator('#rows [data-id]').count(), 1);
    await openConversation(ada, server.base, 'Bob Example');
    await action(ada, 'flag').click();
    await head(ada).getByText('Flagged').waitFor({ state: 'detached' });
    await undo(ada).click();
    await head(ada).getByText('Flagged').waitFor();
  });
});

describe('who has it', () => {
  test('to me, to a colleague, to a department, to nobody', async () => {
    await ada.goto(`${server.base}/settings/departments`);
    await ada.getByLabel('New department').fill('Billing');
    await ada.keyboard.press('Enter');
    await ada.getByLabel('Name of Billing').waitFor();
    await openConversation(ada, server.base, 'Bob Example');
    await ada.keyboard.press('a');
    await dialog(ada).getByRole('button', { name: 'Assign to me' }).waitFor();
    await picture(ada, 'handling-assign');
    assert.deepEqual(await violations(ada), []);
    await ada.keyboard.press('Enter'); // it has the focus
    await head(ada).locator('.assignee', { hasText: 'You' }).waitFor();
    await tab(ada, 'conversation');
    await ada.getByRole('combobox', { name: 'Assignee', description: /^Set by Administrator, .*\d:\d\d/ }).hover();
    await ada.locator('.control[id^="control-assignee"] .tip').waitFor({ state: 'visible' });
    await ada.waitForFunction(() => getComputedStyle(document.querySelector('.control[id^="control-assignee"] .tip')).opacity === '1');
    await picture(ada, 'handling-assigned-by');
    assert.deepEqual(await violations(ada), []);
    await action(ada, 'assign').click();
    await dialog(ada).getByRole('button', { name: 'Billing' }).click();
    await head(ada).locator('.assignee', { hasText: 'Unassigned' }).waitFor();
    await ada.locator('.event', { hasText: 'Billing' }).first().waitFor();
    await undo(ada).click();
    await head(ada).locator('.assignee', { hasText: 'You' }).waitFor();
    await action(ada, 'assign').click();
    await dialog(ada).getByRole('button', { name: 'Nobody' }).click();
    await head(ada).locator('.assignee', { hasText: 'Unassigned' }).waitFor();
  });

  test('offered with a note, declined with a reason, offered again, accepted', async () => {
    await openConversation(ada, server.base, 'Bob Example');
    await openConversation(ben, server.base, 'Bob Example');
    const offer = async () => {
      await ada.locator('#thread-title').focus();
      await ada.keyboard.press('t');
      await dialog(ada).getByLabel('To').selectOption({ label: 'Ben Agent' });
      await dialog(ada).getByLabel('Note').fill('He speaks <b>Portuguese</b>');
      await picture(ada, 'handling-transfer');
      await dialog(ada).getByRole('button', { name: 'Offer it' }).click();
      await head(ada).getByText('Offered to Ben Agent').waitFor();
    };
    await offer();
    await head(ben).locator('#offer-bar', { hasText: 'offers you this conversation' }).waitFor();
    await row(ben, 'Bob Example').locator('.row__offer', { hasText: 'He speaks <b>Portuguese</b>' }).waitFor();
    await picture(ben, 'handling-offered');
    assert.deepEqual(await violations(ben), []);
    await head(ben).getByLabel('Reason for declining').fill('Lunch');
    await head(ben).getByRole('button', { name: 'Decline' }).click();
    await head(ada).locator('.assignee', { hasText: 'You' }).waitFor();
    await ada.locator('.event', { hasText: 'Lunch' }).waitFor();
    await offer();
    await head(ada).getByRole('button', { name: 'Withdraw' }).click();
    await head(ben).locator('#offer-bar').waitFor({ state: 'detached' });
    await offer();
    await head(ben).getByRole('button', { name: 'Accept' }).click();
    await head(ben).locator('.assignee', { hasText: 'You' }).waitFor();
    await head(ada).locator('.assignee', { hasText: 'Ben Agent' }).waitFor();
    await dismissToasts(ada);
  });
});

describe('an offer that nobody answers', () => {
  const wait = async (minutes) => {
    await ada.goto(`${server.base}/settings/preferences`);
    await ada.getByLabel('Minutes to accept').fill(String(minutes));
    await ada.locator('#preference-transfer').getByRole('button', { name: 'Save' }).click();
    await ada.locator('.toast', { hasText: 'It holds for the next offer' }).waitFor();
  };

  test('goes back by itself when its time is over, before the eyes of both', async () => {
    await wait(1);
    await picture(ada, 'handling-transfer-time');
    await openConversation(ada, server.base, 'Cleo Third');
    await action(ada, 'transfer').click();
    await dialog(ada).getByText('Without an answer in 1 min it comes back to you.').waitFor();
    await dialog(ada).getByLabel('To').selectOption({ label: 'Ben Agent' });
    await dialog(ada).getByRole('button', { name: 'Offer it' }).click();
    await head(ada).getByText('Offered to Ben Agent').waitFor();
    await ben.setViewportSize({ width: 390, height: 844 });
    await openConversation(ben, server.base, 'Cleo Third');
    await head(ben).locator('#offer-bar', { hasText: 'offers you this conversation' }).waitFor();
    await picture(ben, 'handling-offered-390');
    assert.deepEqual(await violations(ben), []);
    assert.ok(await overflow(ben) <= 0);
    for (const page of [ada, ben]) await page.evaluate(() => { window.untouched = true; });
    await head(ben).locator('#offer-bar').waitFor({ state: 'detached', timeout: 120000 }); // a real minute
    for (const page of [ada, ben]) {
      await page.locator('.event', { hasText: 'Transfer not accepted in time' }).waitFor();
      assert.ok(await page.evaluate(() => window.untouched), 'without loading the page again');
    }
    await head(ada).locator('.assignee', { hasText: 'You' }).waitFor();
    await head(ada).getByText('Offered to Ben Agent').waitFor({ state: 'detached' });
    await head(ben).locator('.assignee', { hasText: 'Administrator' }).waitFor({ state: 'attached' }); // no room for it on a phone
    await picture(ada, 'handling-lapsed');
    await picture(ben, 'handling-lapsed-390');
    assert.equal(await row(ben, 'Cleo Third').locator('.row__offer').count(), 0);
    await ben.setViewportSize({ width: 1440, height: 900 });
    await wait(15);
  });
});

describe('closing', () => {
  test('what was entered is kept on error, shown in the thread, and taken back', async () => {
    await openConversation(ada, server.base, 'Cleo Third');
    await action(ada, 'close').click();
    await dialog(ada).getByText('Positive').click();
    await dialog(ada).getByLabel('Notes').fill('Money is on its way');
    await dialog(ada).getByLabel('Jira links').fill('OPS-1, javascript:alert(1)');
    await picture(ada, 'handling-close');
    assert.deepEqual(await violations(ada), []);
    await dialog(ada).getByRole('button', { name: 'Close', exact: true }).click();
    await dialog(ada).locator('.error', { hasText: 'javascript:alert(1)' }).waitFor();
    assert.equal(await dialog(ada).getByLabel('Notes').inputValue(), 'Money is on its way');
    assert.equal(await dialog(ada).getByLabel('Positive').isChecked(), true);
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'close-tickets', 'the keyboard is where something is wrong');
    await picture(ada, 'handling-close-refused');
    await dialog(ada).getByLabel('Jira links').fill('OPS-1, https://jira.example/browse/OPS-2');
    await dialog(ada).getByRole('button', { name: 'Close', exact: true }).click();
    await head(ada).locator('#closing-bar', { hasText: 'Closed by' }).waitFor();
    assert.equal(await head(ada).locator('#closing-bar a', { hasText: 'OPS-2' }).getAttribute('href'), 'https://jira.example/browse/OPS-2');
    await picture(ada, 'handling-closed');
    assert.deepEqual(await violations(ada), []);
    await undo(ada).click();
    await state(ada, 'Open');
    await action(ada, 'close').click();
    assert.equal(await dialog(ada).getByLabel('Notes').inputValue(), 'Money is on its way', 'nothing is lost by undoing');
    await ada.keyboard.press('Escape');
  });

  test('the customer writes while the dialog is open: the agent is told, and nothing is closed over it', async () => {
    await openConversation(ada, server.base, 'Cleo Third');
    await action(ada, 'close').click();
    await dialog(ada).getByLabel('Notes').fill('Typed before');
    await whatsapp(server, cleo, 'One more thing');
    await dialog(ada).locator('#close-news', { hasText: 'One more thing' }).waitFor();
    assert.equal(await dialog(ada).getByLabel('Notes').inputValue(), 'Typed before');
    await picture(ada, 'handling-close-news');
    await dialog(ada).getByRole('button', { name: 'Close', exact: true }).click();
    await dialog(ada).getByRole('button', { name: 'Close anyway' }).waitFor();
    assert.equal(await dialog(ada).getByLabel('Notes').inputValue(), 'Typed before');
    await dialog(ada).getByRole('button', { name: 'Close anyway' }).click();
    await head(ada).locator('#closing-bar', { hasText: 'Typed before' }).waitFor();
  });

  test('two browsers: one closes while the other types; the one typing keeps the text and is told', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await openConversation(ben, server.base, 'Ana Sample');
    await action(ben, 'close').click();
    await dialog(ben).getByLabel('Notes').fill('Ben was typing this');
    await tab(ada, 'notes');
    const note = ada.locator('#panel textarea').first();
    await note.fill('A note that is not saved yet');
    const third = await open(browser);
    await signIn(third, server.base);
    await openConversation(third, server.base, 'Ana Sample');
    await action(third, 'close').click();
    await dialog(third).getByRole('button', { name: 'Close', exact: true }).click();
    await head(third).locator('#closing-bar').waitFor();
    await head(ada).locator('#closing-bar', { hasText: 'Closed by' }).waitFor();
    assert.equal(await note.inputValue(), 'A note that is not saved yet');
    await dialog(ben).locator('#close-news', { hasText: /closed it .+ ago/ }).waitFor();
    assert.equal(await dialog(ben).getByLabel('Notes').inputValue(), 'Ben was typing this');
    await picture(ben, 'handling-closed-meanwhile');
    await dialog(ben).getByRole('button', { name: 'Close', exact: true }).click();
    await dialog(ben).getByRole('button', { name: 'Save' }).click();
    await head(ben).locator('#closing-bar', { hasText: 'Ben was typing this' }).waitFor();
    clean(third);
    await third.context().close();
  });

  test('opening it again beside another open one is refused in words', async () => {
    await whatsapp(server, ana, 'A new question');
    await row(ada, 'A new question').waitFor();
    await ada.goto(`${server.base}/inbox?view=closed`);
    await row(ada, 'Ana Sample').locator('[data-row-link]').click();
    await action(ada, 'open').click();
    const told = ada.locator('.toast--error', { hasText: 'another open conversation' });
    await told.waitFor();
    await picture(ada, 'handling-reopen-refused');
    await told.getByRole('link', { name: 'Open that one' }).click();
    await ada.locator('.bubble', { hasText: 'A new question' }).waitFor();
    await state(ada, 'Open');
  });
});

describe('many at once', () => {
  test('select with the keyboard and with Shift, change, undo', async () => {
    for (let i = 0; i < 6; i++) await whatsapp(server, { name: `Crowd ${i}`, phone: `1202555020${i}` }, `Hello ${i}`);
    await ada.goto(`${server.base}/inbox?q=crowd`);
    await live(ada);
    await ada.waitForFunction(() => document.querySelectorAll('#rows [data-id]').length === 6);
    await ada.keyboard.press('j');
    await ada.keyboard.press('x');
    await ada.locator('#bulk-count', { hasText: '1 selected' }).waitFor();
    await ada.locator('[data-pick]').nth(3).click({ modifiers: ['Shift'] });
    await ada.locator('#bulk-count', { hasText: '4 selected' }).waitFor();
    await picture(ada, 'handling-select');
    assert.deepEqual(await violations(ada), []);
    await ada.getByRole('button', { name: 'All shown' }).click();
    await ada.locator('#bulk-count', { hasText: '6 selected' }).waitFor();
    await ada.getByLabel('What to do with the selected conversations').selectOption({ label: 'Urgent priority' });
    await ada.getByRole('button', { name: 'Apply' }).click();
    await ada.locator('.toast', { hasText: '6 done' }).waitFor();
    await ada.waitForFunction(() => document.querySelectorAll('#rows .priority--urgent').length === 6);
    await undo(ada).click();
    await ada.waitForFunction(() => document.querySelectorAll('#rows .priority--urgent').length === 0);
  });

  test('labels, and one closing for all', async () => {
    await ada.goto(`${server.base}/inbox?q=crowd`);
    await live(ada);
    await ada.locator('[data-select-on]').click();
    await ada.getByRole('button', { name: 'All shown' }).click();
    await ada.getByLabel('Label for the selected conversations').fill('autumn sale');
    await ada.locator('#bulk').getByRole('button', { name: 'Add' }).click();
    await ada.waitForFunction(() => [...document.querySelectorAll('#rows .label')].filter((l) => l.textContent === 'autumn sale').length === 6);
    await ada.locator('[data-select-on]').click();
    await ada.getByRole('button', { name: 'All shown' }).click();
    await ada.getByLabel('What to do with the selected conversations').selectOption({ label: 'Close…' });
    await ada.getByRole('button', { name: 'Apply' }).click();
    await dialog(ada).getByText('6 conversations').waitFor();
    await picture(ada, 'handling-bulk-close');
    await dialog(ada).getByText('Neutral').click();
    await dialog(ada).getByLabel('Notes').fill('All answered in the newsletter');
    await dialog(ada).getByRole('button', { name: 'Close', exact: true }).click();
    await ada.locator('.toast', { hasText: '6 done' }).last().waitFor();
    await ada.waitForFunction(() => document.querySelectorAll('#rows .state--closed').length === 6);
    await undo(ada).click();
    await ada.waitForFunction(() => document.querySelectorAll('#rows .state--closed').length === 0);
  });
});

describe('without a mouse', () => {
  test('open, label, assign, snooze, wake, close', async () => {
    await ada.goto(`${server.base}/inbox?q=crowd`);
    await live(ada);
    const keys = ada.keyboard;
    const here = () => ada.evaluate(() => (document.activeElement.matches('[data-row-link]') ? document.activeElement.textContent : ''));
    for (let step = 0; step < 6 && !(await here()).includes('Crowd 0'); step++) await keys.press('j');
    await keys.press('Enter');
    await ada.locator('#thread-title', { hasText: 'Crowd 0' }).waitFor();
    await keys.press('l');
    await ada.waitForFunction(() => document.activeElement?.name === 'new');
    await keys.type('by keyboard');
    await keys.press('Enter');
    await ada.locator('#panel .label', { hasText: 'by keyboard' }).waitFor();
    await ada.locator('#thread-title').focus();
    await keys.press('a');
    await ada.waitForFunction(() => document.activeElement?.textContent.includes('Assign to me'));
    await keys.press('Enter');
    await head(ada).locator('.assignee', { hasText: 'You' }).waitFor();
    await ada.waitForFunction(() => document.activeElement?.id === 'action-assign');
    await keys.press('s');
    await ada.waitForFunction(() => document.activeElement?.closest('#handling .choice'));
    await keys.press('Enter');
    await state(ada, 'Snoozed');
    await keys.press('e');
    await ada.waitForFunction(() => document.activeElement?.name === 'sentiment');
    await keys.press('Space');
    await keys.press('Tab');
    await keys.type('Closed by keyboard');
    await keys.press('Control+Enter');
    await head(ada).locator('#closing-bar', { hasText: 'Closed by keyboard' }).waitFor();
  });
});

describe('without JavaScript', () => {
  test('snooze, offer, close with an error first, select several', async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await signIn(page, server.base);
    await row(page, 'Crowd 1').locator('[data-row-link]').click();
    await action(page, 'snooze').click();
    await page.getByLabel('Date').fill('2031-02-03');
    await page.getByRole('button', { name: 'Snooze until then' }).click();
    await page.getByText('Choose a time within the next year').waitFor();
    await page.getByRole('button', { name: 'Until the customer writes' }).click();
    await state(page, 'Snoozed until a reply');
    await action(page, 'open').click();
    await state(page, 'Open');
    await action(page, 'transfer').click();
    await page.getByLabel('To').selectOption({ label: 'Ben Agent' });
    await page.getByRole('button', { name: 'Offer it' }).click();
    await head(page).getByText('Offered to Ben Agent').waitFor();
    await head(page).getByRole('button', { name: 'Withdraw' }).click();
    await action(page, 'close').click();
    await page.getByLabel('Notes').fill('Without a script');
    await page.getByLabel('Jira links').fill('not a ticket!');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.locator('.error').first().waitFor();
    assert.equal(await page.getByLabel('Notes').inputValue(), 'Without a script');
    await page.getByLabel('Jira links').fill('OPS-7');
    await picture(page, 'handling-close-page');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await head(page).locator('#closing-bar', { hasText: 'Without a script' }).waitFor();
    await page.goto(`${server.base}/inbox?q=crowd`);
    await page.locator('[data-select-on]').click();
    for (const name of ['Crowd 2', 'Crowd 3']) await row(page, name).locator('[data-pick]').check();
    await page.getByLabel('What to do with the selected conversations').selectOption({ label: 'Pending' });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('heading', { name: '2 done' }).waitFor();
    await picture(page, 'handling-bulk-page');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('heading', { name: '2 done' }).waitFor();
    await page.context().close();
  });
});

describe('on a phone and in the dark', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [390, 1440]) {
      test(`${colorScheme}, ${width} px`, async () => {
        const page = await open(browser, { colorScheme, viewport: { width, height: width === 390 ? 844 : 900 }, hasTouch: width === 390 });
        await signIn(page, server.base);
        const name = `${colorScheme}-${width}`;
        await row(page, 'Bob Example').locator('[data-row-link]').click();
        await state(page, 'Open');
        await live(page);
        if (width === 390) {
          await page.locator('.actions__more').click();
          await action(page, 'close').waitFor();
          await page.waitForTimeout(200);
          await picture(page, `handling-actions-${name}`);
          assert.deepEqual(await violations(page), [], 'actions');
        }
        await action(page, 'close').click();
        await dialog(page).getByLabel('Notes').waitFor();
        await picture(page, `handling-close-${name}`);
        assert.deepEqual(await violations(page), [], 'close');
        assert.ok(await overflow(page) <= 0, 'close is too wide');
        await dialog(page).getByRole('link', { name: 'Cancel' }).last().click();
        if (width === 390) await page.locator('.actions__more').click();
        await action(page, 'snooze').click();
        await dialog(page).getByText('Tomorrow morning').waitFor();
        await picture(page, `handling-snooze-${name}`);
        assert.deepEqual(await violations(page), [], 'snooze');
        assert.ok(await overflow(page) <= 0, 'snooze is too wide');
        await page.keyboard.press('Escape');
        await page.goto(`${server.base}/inbox?select=1`);
        await live(page);
        await picture(page, `handling-select-${name}`);
        assert.deepEqual(await violations(page), [], 'select');
        assert.ok(await overflow(page) <= 0, 'select is too wide');
        for (const form of ['close', 'snooze', 'assign', 'transfer']) {
          const path = await row(page, 'Bob Example').locator('[data-row-link]').getAttribute('href');
          await page.goto(`${server.base}${path.split('?')[0]}/${form}`);
          assert.deepEqual(await violations(page), [], `page: ${form}`);
          assert.ok(await overflow(page) <= 0, `${form} is too wide`);
          await picture(page, `handling-page-${form}-${name}`);
          await page.goBack();
        }
        clean(page);
        await page.context().close();
      });
    }
  }
});
