// Single sign-on in a real browser, through a real provider: there, back, in; and why somebody may not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { startProvider } from './provider.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean, row } from './steps.mjs';

let provider;
let server;
let browser;

before(async () => {
  server = await startServer(async (base) => {
    provider = await startProvider(base);
    return provider.env;
  });
  browser = await launch();
  await whatsapp(server, { name: 'Ana Sample', phone: '12025550143' }, 'Hello');
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await provider?.stop();
});

const button = (page) => page.getByRole('link', { name: 'Continue with single sign-on' });

// atProvider goes to the provider's page, signInThere through it.
const atProvider = async (page) => {
  await button(page).click();
  await page.waitForURL(`${provider.issuer}/**`);
};
const signInThere = async (page, who, password = provider.password) => {
  await page.getByLabel('Username').fill(who);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Login' }).click();
};

for (const width of [1440, 390]) {
  describe(`single sign-on, ${width} px`, () => {
    const viewport = { width, height: 900 };

    test('leads to the provider and back into the inbox, signed in', async () => {
      const page = await open(browser, { viewport });
      await page.goto(server.base);
      await button(page).waitFor();
      assert.deepEqual(await violations(page), []);
      await picture(page, `sign-on-${width}`);
      await atProvider(page);
      await signInThere(page, 'ada', 'not her password');
      assert.match(page.url(), new RegExp(`^${provider.issuer}/`), 'the provider keeps who it does not know');
      await signInThere(page, 'ada');
      await page.waitForURL(`${server.base}/inbox`);
      await live(page);
      await row(page, 'Ana Sample').waitFor();
      await picture(page, `sign-on-inbox-${width}`);

      await page.goto(`${server.base}/settings/audit`);
      await page.getByText('single sign-on').first().waitFor();
      await page.getByRole('button', { name: 'Sign out' }).first().evaluate((leave) => leave.click()); // on a phone it is in the palette
      await page.waitForURL('**/login**');
      await page.goto(`${server.base}/inbox`);
      await button(page).waitFor();
      clean(page);
      await page.context().close();
    });

    test('leads where the person wanted to go', async () => {
      const page = await open(browser, { viewport });
      await page.goto(`${server.base}/contacts?q=ana`);
      await atProvider(page);
      await page.goBack(); // second thoughts
      await atProvider(page);
      await signInThere(page, 'ada');
      await page.waitForURL(`${server.base}/contacts?q=ana`);
      await page.locator('#rows', { hasText: 'Ana Sample' }).waitFor();
      clean(page);
      await page.context().close();
    });

    for (const [who, why] of [
      ['newcomer', 'There is no account for you here yet. Ask an administrator.'],
      ['unproven', /not verified/],
      ['nameless', /no e-mail address/],
    ]) {
      test(`tells ${who} why not, in plain words`, async () => {
        const page = await open(browser, { viewport });
        await page.goto(server.base);
        await atProvider(page);
        await signInThere(page, who);
        await page.waitForURL(`${server.base}/login/sso/callback**`);
        const alert = page.getByRole('alert');
        await alert.filter({ hasText: why }).waitFor();
        assert.deepEqual(await violations(page), []);
        await picture(page, `sign-on-refused-${who}-${width}`);
        await button(page).waitFor(); // they may try as somebody else, or with a password
        await page.goto(`${server.base}/inbox`);
        await page.waitForURL('**/login**');
        await signIn(page, server.base);
        clean(page);
        await page.context().close();
      });
    }

    test('works without JavaScript', async () => {
      const page = await open(browser, { viewport, javaScriptEnabled: false });
      await page.goto(server.base);
      await atProvider(page);
      await signInThere(page, 'ada');
      await page.waitForURL(`${server.base}/inbox`);
      await row(page, 'Ana Sample').waitFor();
      await page.context().close();
    });
  });
}
