// Every screen there is, empty and full of hostile text, wide and narrow, light and dark: axe finds nothing, nothing is wider than
// the window, no script fails, no policy is broken. The list of screens is screens.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { contrast, violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp, widget } from './server.mjs';
import { row } from './steps.mjs';

const { screens } = JSON.parse(readFileSync(new URL('screens.json', import.meta.url), 'utf8'));
const paths = Object.values(screens).flat();
const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

const rtl = '\u202Egnp.exe\u2066';
const emoji = '👩🏽‍👩🏻‍👧🏾‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301';
const nasty = `<script>alert("x")</script><img src=x onerror=alert(1)> javascript:alert(1) "'\` {{.}} ${rtl} ${emoji} \u0000 العربية עברית`;
const word = (length) => 'W'.repeat(length);
const hostile = { name: `<script>alert("name")</script>${rtl}"'${emoji}`, phone: '12025550166' };
const arabic = { name: 'محمد علي الطويل الاسم', phone: '201000000001' };
const long = { name: word(300), phone: '12025550199' };

// theme switches between light and dark; colours that change slowly would have the wrong contrast meanwhile.
async function theme(page, colorScheme) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
}

// look checks one screen in all its shapes, without loading it again.
async function look(page, base, path, name) {
  page.problems = [];
  await page.setViewportSize(wide);
  await theme(page, 'light');
  await page.goto(base + path);
  const fits = () => page.evaluate(() => {
    const most = document.scrollingElement.scrollWidth - window.innerWidth;
    if (most <= 0) return [];
    return [`${most} px too wide`, ...[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
  });
  assert.deepEqual(await violations(page), [], 'wide, light');
  assert.deepEqual(await fits(), [], 'wide');
  await picture(page, `${name}-wide`);
  await theme(page, 'dark');
  assert.deepEqual(await contrast(page), [], 'wide, dark');
  await page.setViewportSize(narrow);
  assert.deepEqual(await violations(page), [], 'narrow, dark');
  assert.deepEqual(await fits(), [], 'narrow');
  await picture(page, `${name}-narrow-dark`);
  await theme(page, 'light');
  assert.deepEqual(await contrast(page), [], 'narrow, light');
  // Text as wide as WCAG 1.4.12 lets readers make it, and a window of 320 px, which is zoom of 400 % (1.4.10).
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }');
    document.adoptedStyleSheets = [sheet];
  });
  assert.deepEqual(await fits(), [], 'narrow, with wide text');
  await page.evaluate(() => { document.adoptedStyleSheets = []; });
  await page.setViewportSize({ width: 320, height: 640 });
  assert.deepEqual(await fits(), [], '320 px');
  // A page that does not exist answers 404, which Chromium notes as a failed load.
  assert.deepEqual(page.problems.filter((problem) => path !== '/nowhere' || !/404/.test(problem)), [], 'no JavaScript errors, no broken policy');
}
const fileName = (path) => path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home';

let browser;
let server;
before(async () => {
  [browser, server] = await Promise.all([launch(), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

describe('empty', () => {
  let page;
  before(async () => { page = await open(browser); });
  after(() => page.context().close());
  for (const path of paths.filter((p) => !p.includes('{'))) {
    test(path, async () => {
      if (path !== '/login' && !page.signed) {
        await signIn(page, server.base);
        page.signed = true;
      }
      await look(page, server.base, path, `empty-${fileName(path)}`);
    });
  }
});

describe('full of hostile text', () => {
  let page;
  const filled = {};
  // post sends a form as a page without JavaScript would.
  const post = async (path, fields) => {
    const status = await page.evaluate(async ([to, form]) => {
      const token = document.querySelector('input[name="csrf"]').value;
      const answer = await fetch(to, { method: 'POST', body: new URLSearchParams({ csrf: token, ...form }), headers: { Accept: 'text/html' } });
      return answer.status;
    }, [path, fields]);
    assert.equal(status, 200, `${path} answers ${status} to ${JSON.stringify(fields).slice(0, 80)}`);
  };
  before(async () => {
    page = await open(browser);
    await addUser(server, { email: 'hostile@example.com', name: `<b>Ben</b> ${rtl} ${word(80)}`, role: 'agent', password: 'another-test-password' });
    await signIn(page, server.base);
    await whatsapp(server, arabic, 'مرحبا، أين طلبي رقم 1234؟ Thanks');
    await whatsapp(server, long, word(60000));
    await widget(server, nasty);
    await whatsapp(server, hostile, nasty);
    await whatsapp(server, hostile, { type: 'document', document: { id: '1', mime_type: 'application/pdf', filename: `${word(200)}${rtl}<b>.pdf`, caption: nasty } });
    await whatsapp(server, hostile, { type: 'location', location: { latitude: 1, longitude: 2, name: nasty, address: word(500) } });
    await whatsapp(server, hostile, word(64 * 1024 - 10));
    await whatsapp(server, hostile, 'https://shop.example/ok javascript:alert(1) data:text/html,x');
    await row(page, '<script>alert("name")').waitFor();
    await live(page);
    const link = await row(page, '<script>alert("name")').locator('[data-row-link]').getAttribute('href');
    filled.talk = /\/inbox\/([^?]+)/.exec(link)[1];
    await page.goto(`${server.base}${link}`);
    filled.contact = /\/contacts\/([^?]+)/.exec(await page.locator('#thread-title a').getAttribute('href'))[1];
    for (const label of ['<script>::"\'x', word(60), 'عاجل جدا 🏴󠁧󠁢󠁷󠁬󠁳󠁿']) {
      await post(`/contacts/${filled.contact}/labels`, { label });
      await post(`/inbox/${filled.talk}/labels`, { label });
    }
    await post(`/contacts/${filled.contact}/attributes`, { key: '"><script>alert(1)</script>', value: nasty.replace('\u0000', ''), was: '' });
    await post(`/inbox/${filled.talk}/attributes`, { key: word(64), value: word(900), was: '' });
    await post(`/contacts/${filled.contact}/notes`, { text: nasty.replace('\u0000', ''), ticket: 'PROJ-1' });
    await post(`/contacts/${filled.contact}/notes`, { text: word(2000), ticket: 'https://example.atlassian.net/browse/PROJ-2' });
    await post(`/contacts/${filled.contact}/fields/agent_instructions`, { value: `${word(1000)} ${nasty.replace('\u0000', '')}`, seen: '0' });
    await page.goto(`${server.base}/contacts`);
    filled.other = /\/contacts\/([^?]+)/.exec(await page.locator('[data-row-link]', { hasText: word(20) }).first().getAttribute('href'))[1];
    await page.goto(`${server.base}/settings/users`);
    filled.user = /\/edit\/([^?"]+)/.exec(await page.locator('a[href*="/settings/users/edit/"]').first().getAttribute('href'))[1];
  });
  after(() => page.context().close());
  for (const path of paths.filter((p) => p !== '/login')) {
    test(path, async () => {
      const there = path.replace(/\{(\w+)\}/g, (_, name) => filled[name]);
      await look(page, server.base, there, `full-${fileName(path)}`);
      assert.equal(await page.locator('a[href^="javascript:"], a[href^="data:"]').count(), 0, 'no link that runs');
    });
  }
});
