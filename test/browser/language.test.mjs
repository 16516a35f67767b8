// Dates, times, lengths of time and numbers in the agent's language and time zone; the words around them are English.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp } from './server.mjs';
import { clean, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const salma = { name: '\u0633\u0644\u0645\u0649 \u0639\u0644\u064a', phone: '201000000001' };
const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  await whatsapp(server, ana, { type: 'text', text: { body: 'An hour ago' }, timestamp: String(Math.floor(Date.now() / 1000) - 3700) });
  await whatsapp(server, salma, '\u0645\u0631\u062d\u0628\u0627\u060c \u0623\u064a\u0646 \u0637\u0644\u0628\u064a \u0631\u0642\u0645 1234\u061f Thanks');
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const { locale, waiting, now, counter, zone, pill } of [
  { locale: 'de-DE', waiting: 'waiting 1 Std.', now: 'jetzt', counter: /^0 \/ 2\.000$/, zone: 'Europe/Berlin', pill: /^Live \d+(,\d)? Sek\.$/ },
  { locale: 'ar-EG', waiting: 'waiting ١ س', now: 'الآن', counter: /^٠ \/ ٢٬٠٠٠$/, zone: 'Africa/Cairo', pill: /^Live [٠-٩]+(٫[٠-٩])? ث$/ },
]) {
  test(locale, async () => {
    const page = await open(browser, { locale, timezoneId: zone });
    const user = await addUser(server, { email: `${locale}@example.com`, name: `Agent ${locale}`, role: 'agent', password: 'another-test-password' });
    await signIn(page, server.base, user);
    await live(page);
    await row(page, 'Ana Sample').waitFor();
    assert.equal(plain(await row(page, 'Ana Sample').locator('.waiting').innerText()), waiting);
    assert.equal(await row(page, 'Ana Sample').locator('[data-length]').getAttribute('lang'), locale.startsWith('de') ? 'de' : locale);
    await openConversation(page, server.base, 'Ana Sample');
    const at = new Date(Date.parse(await page.locator('.message time').first().getAttribute('datetime')));
    assert.equal(plain(await page.locator('.message time').first().innerText()), plain(new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: zone }).format(at)), 'the time of day where the agent is');
    await whatsapp(server, ana, `Now, ${locale}`);
    await page.locator('.bubble', { hasText: `Now, ${locale}` }).waitFor();
    await row(page, 'Ana Sample').locator('.row__time', { hasText: now }).waitFor();
    await page.waitForFunction((source) => new RegExp(source, 'u').test(document.getElementById('live-text').textContent.replace(/[\u00a0\u202f]/g, ' ')), pill.source);
    await tab(page, 'notes');
    await page.waitForFunction((source) => new RegExp(source, 'u').test(document.querySelector('[data-counter]').textContent), counter.source);
    await picture(page, `language-${locale}`);
    await openConversation(page, server.base, salma.name);
    const bubble = page.locator('.bubble__text', { hasText: '1234' });
    assert.equal(await bubble.evaluate((e) => getComputedStyle(e).direction), 'rtl', 'text runs as its language does');
    assert.equal(await page.locator('#thread-title bdi').evaluate((e) => getComputedStyle(e).unicodeBidi), 'isolate');
    const number = (n) => n.toLocaleString(locale);
    await page.keyboard.press('Control+k');
    await page.fill('#palette-input', 'go to the inb');
    await page.waitForFunction((one) => document.getElementById('palette-count').textContent === `${one} result`, number(1));
    await page.keyboard.press('Escape');
    await page.goto(`${server.base}/inbox?select=1`);
    for (const pick of await page.locator('[data-pick]').all()) await pick.check();
    assert.equal(await page.locator('#bulk-count').innerText(), `${number(2)} selected`);
    await page.selectOption('#bulk-choice', 'flag:yes');
    await page.locator('#bulk').getByRole('button', { name: 'Apply' }).click();
    await page.locator('.toast', { hasText: `${number(2)} done` }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `language-${locale}-rtl`);
    clean(page);
    await page.context().close();
  });
}
