// The desk with JavaScript switched off: everything an agent needs is links and forms.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean, field, row } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const width of [1440, 390]) {
  describe(`without JavaScript, ${width} px`, () => {
    test('sign in, read, add a note, edit a field, close', async () => {
      const text = `Where is my parcel? (${width})`;
      await whatsapp(server, ana, text);
      const page = await open(browser, { javaScriptEnabled: false, viewport: { width, height: 844 } });
      await signIn(page, server.base);
      for (let tries = 0; await row(page, text).count() === 0; tries++) { // what arrived is shown by loading again
        assert.ok(tries < 100, 'the message does not arrive');
        await page.reload();
      }
      await picture(page, `plain-inbox-${width}`);
      await row(page, text).locator('[data-row-link]').click();
      await page.locator('.bubble', { hasText: text }).waitFor();
      const talk = page.url();

      // The panel opens as part of the page; on a phone its link leads there.
      if (width === 390) await page.locator('.thread__details').click();
      await page.locator('#tab-notes').click();
      await page.locator('#note-form textarea').fill(`Asked twice ${width}`);
      await page.locator('#note-form button[type="submit"]').click();
      await page.locator('.note', { hasText: `Asked twice ${width}` }).waitFor();
      await picture(page, `plain-notes-${width}`);

      await page.goto(`${talk.split('?')[0]}?tab=contact#panel`);
      await field(page, 'location').locator('[data-edit]').click();
      await field(page, 'location').locator('[name="value"]').fill(`Lisbon ${width}`);
      await field(page, 'location').locator('button').click();
      await field(page, 'location').getByText(`Lisbon ${width}`).waitFor();

      await page.locator('#panel .person-card__name a').click();
      await page.locator('.profile', { hasText: 'Ana Sample' }).waitFor();
      await picture(page, `plain-profile-${width}`);

      await page.goto(`${talk.split('?')[0]}/close`);
      await page.locator('.handling__form button[type="submit"]').click();
      await page.locator('#thread-head', { hasText: 'Closed' }).waitFor();
      await page.goto(`${server.base}/inbox?view=closed`);
      await row(page, text).waitFor();
      clean(page);
      await page.context().close();
    });
  });
}
