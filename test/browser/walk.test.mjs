// What a walk through the settings and the frame found once: tables and navigation on a phone, answers of a proxy, dates in sentences.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp, widget } from './server.mjs';
import { clean, field, openConversation, row, tab } from './steps.mjs';

const long = { email: 'bartholomew@example.com', name: 'Bartholomew Featherstonehaugh', role: 'supervisor', password: 'a-long-enough-password' };
const phone = { width: 390, height: 844 };

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  browser = await launch();
  await addUser(server, long);
  await whatsapp(server, { name: 'Ana Sample', phone: '4915112345678' }, 'Hello there');
  await widget(server, 'Hello from the web');
  page = await open(browser);
  await signIn(page, server.base);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  clean(page);
  await page.setViewportSize({ width: 1440, height: 900 });
});

// lines is on how many lines a text stands.
const lines = (locator) => locator.evaluate((element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
});

describe('tables of the settings', () => {
  for (const [path, cell] of [['/settings/users', 'bdi'], ['/settings/audit', '[data-name="From"] bdi']]) {
    test(`${path}: words stay whole, on a desk and on a phone`, async () => {
      for (const size of [{ width: 1440, height: 900 }, phone]) {
        await page.setViewportSize(size);
        await page.goto(server.base + path);
        const texts = page.locator(`.table tbody ${cell}`);
        for (let i = 0; i < await texts.count(); i++) {
          const words = (await texts.nth(i).innerText()).split(' ').length;
          assert.ok(await lines(texts.nth(i)) <= words, `${await texts.nth(i).innerText()} at ${size.width} px`);
        }
        const box = page.locator('.table__scroll');
        assert.deepEqual(await box.evaluate((e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]), [0, 0], 'nothing is to be scrolled inside');
        assert.deepEqual(await violations(page), []);
        await picture(page, `walk-${path.split('/').pop()}-${size.width}`);
      }
    });
  }

  test('on a phone the open screen is in sight in the navigation', async () => {
    await page.setViewportSize(phone);
    for (const path of ['/settings/labels', '/settings/audit']) {
      await page.goto(server.base + path);
      const box = await page.locator('#settings-nav [aria-current]').boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= phone.width, `${path}: ${JSON.stringify(box)}`);
    }
    await picture(page, 'walk-settings-nav');
  });
});

describe('the views', () => {
  test('have room for the largest counts, however narrow the list is', async () => {
    for (const width of [1440, 900, 390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${server.base}/inbox`);
      const over = await page.locator('#views').evaluate((views) => {
        for (const link of views.querySelectorAll('.view')) {
          const count = link.querySelector('.views__count') || link.appendChild(Object.assign(document.createElement('span'), { className: 'views__count' }));
          count.textContent = '999+';
        }
        const edge = views.getBoundingClientRect().right;
        return [...views.querySelectorAll('.views__count')].filter((count) => count.getBoundingClientRect().right > edge || count.getBoundingClientRect().right > count.parentElement.getBoundingClientRect().right).map((count) => count.parentElement.textContent);
      });
      assert.deepEqual(over, [], `${width} px`);
      await picture(page, `walk-views-${width}`);
    }
  });
});

describe('an error that is not ours', () => {
  test('says what became of the work, and leaves the address as it is', async () => {
    await page.route('**/inbox/*', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<html><body><h1>Bad gateway</h1></body></html>' }));
    await page.goto(`${server.base}/inbox`);
    await live(page);
    await row(page, 'Ana Sample').locator('[data-row-link]').click();
    await page.locator('.toast', { hasText: 'Switchboard could not answer (error 502). Try again in a moment.' }).waitFor();
    assert.equal(page.url(), `${server.base}/inbox`);
    await picture(page, 'walk-bad-gateway');
    await page.unroute('**/inbox/*');
    await page.route('**/priority', (route) => route.fulfill({ status: 500, headers: { 'X-Request-Id': 'ABC123' }, body: 'no' }));
    await openConversation(page, server.base, 'Ana Sample');
    await tab(page, 'conversation');
    await page.getByLabel('Priority', { exact: true }).selectOption('high');
    await page.locator('.toast', { hasText: 'Your change was probably not saved; what you typed is still here. Request ABC123' }).waitFor();
    await page.unroute('**/priority');
    page.problems = page.problems.filter((problem) => !/status of (500|502)/.test(problem));
  });

  test('ours is told once, at the field where there is one', async () => {
    await page.goto(`${server.base}/settings/account`);
    await page.getByLabel('Time zone').fill('Nowhere/Land');
    await page.getByRole('button', { name: 'Save profile' }).click();
    await page.getByText('Choose a time zone from the list').waitFor();
    await page.waitForFunction(() => document.activeElement.id === 'profile-zone');
    for (const [nth, word] of ['not-the-password', 'a-new-long-one', 'a-new-long-one'].entries()) await page.locator('#account-password input[type=password]').nth(nth).fill(word);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('This is not your present password').waitFor();
    await page.waitForFunction(() => document.activeElement.id === 'password-current');
    assert.equal(await page.locator('.toast').count(), 0);
    await page.goto(`${server.base}/inbox`);
    await live(page);
    await page.locator('#rows [data-row-link]').first().evaluate((link) => { // what was there a moment ago
      link.setAttribute('hx-get', '/inbox/no-such-conversation');
      window.htmx.process(link);
    });
    await page.locator('#rows [data-row-link]').first().click();
    await page.locator('.toast', { hasText: 'Not found' }).waitFor();
    assert.equal(await page.locator('.toast').count(), 1);
    assert.equal(page.url(), `${server.base}/inbox`);
    page.problems = page.problems.filter((problem) => !/status of 404/.test(problem));
  });
});

describe('the keyboard', () => {
  test('is where the form opens, and at the next session when one has ended', async () => {
    for (const [path, id] of [['/settings/attributes?new=1&scope=contact', 'definition-key'], ['/settings/labels', null]]) {
      await page.goto(server.base + path);
      assert.equal(await page.evaluate(() => document.activeElement.id || null), id, path);
    }
    for (let i = 0; i < 2; i++) {
      const other = await open(browser);
      await signIn(other, server.base);
      await other.context().close();
    }
    await page.goto(`${server.base}/settings/account`);
    await page.locator('.sessions .button').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('.sessions .button').length === 1);
    await page.waitForFunction(() => document.activeElement.matches('.sessions .button'));
  });
});

describe('a slow answer', () => {
  test('is seen to be on its way, and leaves no trace when it is there', async () => {
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    await page.route('**/inbox/*', async (route) => { await held; await route.continue(); });
    await page.goto(`${server.base}/inbox`);
    await live(page);
    await row(page, 'Ana Sample').locator('[data-row-link]').click();
    await page.locator('html[data-waiting]').waitFor();
    await page.waitForFunction(() => document.getElementById('announce').textContent === 'Loading');
    await picture(page, 'walk-waiting');
    assert.deepEqual(await violations(page), []);
    release();
    await page.waitForSelector('#thread');
    await page.locator('html:not([data-waiting])').waitFor();
    await page.unroute('**/inbox/*');
  });
});

describe('a person', () => {
  test('the header tells the day and their time, the session in words', async () => {
    await openConversation(page, server.base, 'Visitor');
    await tab(page, 'contact');
    await page.locator('.person-card', { hasText: /Customer since [A-Z][a-z]{2} \d/ }).waitFor();
    await page.locator('.person-card', { hasText: /\d+:\d+\s?[AP]M there/ }).waitFor(); // the browser said where
    assert.equal(await field(page, 'timezone').locator('.editable--empty').count(), 1, 'nobody set it');
    await tab(page, 'conversation');
    await page.locator('.facts', { hasText: 'German (Germany)' }).waitFor();
    await picture(page, 'walk-session');
  });
});
