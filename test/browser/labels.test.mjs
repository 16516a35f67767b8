// Labels of a person: a list to tick, by mouse, by keyboard and without JavaScript.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { violations } from './axe.mjs';
import { launch, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';
import { clean } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
let server;
let browser;
let agent;
let profile; // address of Ana's page

const box = (page) => page.locator('[id^="contact-labels-"][data-labels]');
const option = (page, name) => box(page).getByRole('checkbox', { name, exact: true });
const chips = (page) => box(page).locator('.chips .label').allTextContents();
const has = async (page, names) => {
  for (let tries = 0; (await chips(page)).join('|') !== names.join('|'); tries++) {
    assert.ok(tries < 150, `labels are ${await chips(page)}, not ${names}`);
    await sleep(100);
  }
};

const shown = async (tip) => { // it comes in slowly
  for (let tries = 0; (await tip.evaluate((e) => getComputedStyle(e).opacity)) !== '1'; tries++) {
    assert.ok(tries < 150, 'the tooltip is there');
    await sleep(50);
  }
};

before(async () => {
  server = await startServer();
  browser = await launch();
  agent = await open(browser);
  await signIn(agent, server.base);
  await whatsapp(server, ana, 'Hello');
  for (const label of ['vip', 'refund', 'plan::gold', 'plan::silver', '<b>bold</b>']) {
    await agent.goto(`${server.base}/settings/labels`);
    await agent.fill('#new-label-name', label);
    await agent.keyboard.press('Enter');
    await agent.locator('#labels-defined .label', { hasText: label.replace('plan::', '') }).first().waitFor();
  }
  await agent.goto(`${server.base}/contacts`);
  await agent.locator('#rows [data-row-link]', { hasText: 'Ana Sample' }).click();
  await agent.waitForSelector('#profile');
  profile = agent.url();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => clean(agent));

for (const width of [1440, 390]) {
  describe(`labels of a person, ${width} px`, () => {
    test('are ticked in a list that stays open, one of each group, with undo', async () => {
      await agent.setViewportSize({ width, height: 900 });
      await agent.goto(profile);
      await box(agent).getByLabel('Find or add a label').click();
      await option(agent, 'vip').check();
      await has(agent, ['vip']);
      await option(agent, 'plan gold').check();
      await has(agent, ['plangold', 'vip']);
      assert.ok(await option(agent, 'vip').isVisible(), 'the list stays open');
      await option(agent, 'plan silver').check();
      await has(agent, ['plansilver', 'vip']);
      assert.equal(await option(agent, 'plan gold').isChecked(), false, 'one of a group');
      await picture(agent, `labels-list-${width}`);
      await agent.locator('[data-undo] button').last().click();
      await has(agent, ['plangold', 'vip']);
      await box(agent).getByLabel('Find or add a label').click();
      await option(agent, 'vip').waitFor();
      assert.deepEqual(await violations(agent), []);
    });

    test('say who set them, and attributes too', async () => {
      await agent.goto(profile);
      const chip = box(agent).locator('.chips li', { hasText: 'vip' });
      const tip = chip.getByRole('tooltip', { includeHidden: true });
      const remove = chip.getByRole('button');
      assert.equal(await remove.getAttribute('aria-describedby'), await tip.getAttribute('id'));
      assert.equal(await tip.isVisible(), false);
      await chip.hover();
      await tip.waitFor({ state: 'visible' });
      assert.match(await tip.textContent(), /^Set by \S.*, .*\d\d:\d\d/);
      await shown(tip);
      await picture(agent, `labels-set-by-${width}`);
      await agent.mouse.move(0, 0);
      await tip.waitFor({ state: 'hidden' });
      await remove.focus();
      await agent.keyboard.press('Shift+Tab');
      await agent.keyboard.press('Tab');
      await tip.waitFor({ state: 'visible' });

      const attributes = agent.locator('[id^="contact-attributes-"].block');
      const key = `size ${width}`;
      await attributes.getByLabel('Name of a new attribute').fill(key);
      await attributes.getByLabel('Value of a new attribute').fill('XL');
      await attributes.getByRole('button', { name: 'Add' }).click();
      const item = attributes.locator('li', { hasText: key });
      await item.waitFor();
      await agent.waitForFunction(() => document.activeElement.name === 'key' && document.activeElement.value === ''); // ready for the next one
      assert.equal(await item.getByRole('textbox', { name: key, description: /^Set by / }).count(), 1, 'heard too');
      await item.hover();
      await shown(item.locator('.tip'));
      await picture(agent, `attributes-set-by-${width}`);
      assert.deepEqual(await violations(agent), []);
      assert.ok(await agent.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    });

    test('by keyboard: type, arrow, space, Enter, Esc', async () => {
      await agent.goto(profile);
      const field = box(agent).getByLabel('Find or add a label');
      await field.focus();
      await agent.keyboard.press('ArrowDown');
      await option(agent, 'refund').waitFor();
      await agent.keyboard.type('ref');
      await option(agent, 'vip').waitFor({ state: 'hidden' });
      await agent.keyboard.press('ArrowDown');
      await agent.waitForFunction(() => document.activeElement.value === 'refund');
      await agent.keyboard.press('Space');
      await has(agent, ['plangold', 'refund', 'vip']);
      assert.equal(await agent.evaluate(() => document.activeElement.value), 'refund', 'the focus stays');
      await agent.keyboard.press('Space');
      await has(agent, ['plangold', 'vip']);
      await agent.keyboard.press('ArrowUp');
      await agent.waitForFunction(() => document.activeElement.name === 'new');
      await agent.keyboard.press('Enter'); // sets the first that matches
      await has(agent, ['plangold', 'refund', 'vip']);
      await agent.keyboard.type(`new one ${width}`);
      await agent.keyboard.press('Enter');
      await has(agent, [`new one ${width}`, 'plangold', 'refund', 'vip'].sort());
      await agent.waitForFunction(() => document.activeElement.name === 'new');
      await agent.keyboard.type('bold');
      await option(agent, '<b>bold</b>').waitFor();
      await agent.keyboard.press('Escape');
      await option(agent, '<b>bold</b>').waitFor({ state: 'detached' });
      assert.equal(await field.inputValue(), '');
      for (const name of [`new one ${width}`, 'plan::gold', 'refund', 'vip']) {
        await box(agent).getByRole('button', { name: `Remove label ${name}`, exact: true }).click();
        await box(agent).getByRole('button', { name: `Remove label ${name}`, exact: true }).waitFor({ state: 'detached' });
      }
    });

    test('without JavaScript: boxes to tick in the page', async () => {
      const page = await open(browser, { javaScriptEnabled: false, viewport: { width, height: 900 } });
      await signIn(page, server.base);
      await page.goto(profile);
      await page.getByRole('link', { name: 'Choose from all labels' }).click();
      await option(page, 'vip').check();
      await option(page, 'plan silver').check();
      await picture(page, `labels-plain-${width}`);
      await box(page).getByRole('button', { name: 'Save' }).click();
      await box(page).locator('.chips .label', { hasText: 'vip' }).waitFor();
      await has(page, ['plansilver', 'vip']);
      await page.getByRole('link', { name: 'Choose from all labels' }).click();
      await option(page, 'vip').uncheck();
      await option(page, 'plan gold').check();
      await box(page).getByRole('button', { name: 'Save' }).click();
      await box(page).locator('.chips .label', { hasText: 'gold' }).waitFor();
      await has(page, ['plangold']);
      await box(page).getByRole('button', { name: 'Remove label plan::gold' }).click();
      await box(page).locator('.chips .label', { hasText: 'gold' }).waitFor({ state: 'detached' });
      await page.context().close();
    });
  });
}
