// The settings everybody uses, typed attributes, export and erasure of a person.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, open, picture, signIn } from './browser.mjs';
import { addUser, startServer, whatsapp, widget } from './server.mjs';
import { clean, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };

let server;
let browser;
let ada; // an administrator, twice: in two browsers
let other;

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const go = (page, path) => page.goto(`${server.base}${path}`);
const toast = (page, text) => page.locator('.toast', { hasText: text }).last();
const line = (page, name) => page.locator('.line', { hasText: name });
const scheme = (page, colorScheme) => page.emulateMedia({ colorScheme });

// looked checks a screen in light and dark and on a phone, and keeps pictures of it.
async function looked(page, path, name) {
  for (const colorScheme of ['light', 'dark']) {
    await scheme(page, colorScheme);
    await go(page, path);
    assert.deepEqual(await violations(page), [], `${name} in ${colorScheme}`);
    await picture(page, `settings-${name}-${colorScheme}`);
  }
  await scheme(page, 'light');
  await page.setViewportSize({ width: 390, height: 844 });
  await go(page, path);
  assert.ok(await overflow(page) <= 0, `${name} on a phone scrolls sideways`);
  assert.deepEqual(await violations(page), [], `${name} on a phone`);
  await picture(page, `settings-${name}-phone`);
  await page.setViewportSize({ width: 1440, height: 900 });
}

before(async () => {
  server = await startServer();
  browser = await launch();
  [ada, other] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(other, server.base);
  await whatsapp(server, ana, 'Hello, is the blue mug in stock?');
  await row(ada, 'Ana Sample').waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(other); });

describe('labels and tags', () => {
  test('a label is previewed, added, given another colour, and a colleague\'s change is shown', async () => {
    await go(ada, '/settings/labels');
    await ada.fill('#new-label-name', 'priority::high');
    await ada.locator('#labels-defined .preview').getByText('Exclusive: it takes the place of any other label that begins with priority::').waitFor();
    await ada.locator('#labels-defined .swatch', { hasText: 'Red' }).click();
    await ada.locator('#labels-defined .preview .label--red').waitFor();
    await ada.keyboard.press('Enter');
    await line(ada, 'priority').waitFor();
    await ada.fill('#new-label-name', 'vip');
    await ada.locator('#labels-defined .swatch', { hasText: 'Violet' }).click();
    await ada.getByRole('button', { name: 'Add label' }).click();
    await line(ada, 'vip').waitFor();

    for (const page of [ada, other]) await go(page, '/settings/labels?edit=vip');
    await ada.locator('#label-edit .swatch', { hasText: 'Teal' }).click();
    await ada.getByRole('button', { name: 'Save label' }).click();
    await toast(ada, 'Label saved').waitFor();
    await other.locator('#label-edit .swatch', { hasText: 'Pink' }).click();
    await other.getByRole('button', { name: 'Save label' }).click();
    await other.locator('.conflict', { hasText: 'vip, teal' }).waitFor();
    await picture(other, 'settings-label-conflict');
    assert.deepEqual(await violations(other), []);
    await other.getByRole('button', { name: 'Keep mine' }).click();
    await line(other, 'vip').locator('.label--pink').waitFor();
  });

  test('a renamed label is renamed on conversations, in the background', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await tab(ada, 'conversation');
    const box = ada.locator('[id^="conversation-labels-"]').first();
    await box.locator('input[name="new"]').fill('vip');
    await box.getByRole('button', { name: 'Add', exact: true }).click();
    await box.locator('.label', { hasText: 'vip' }).waitFor();
    await go(ada, '/settings/labels?edit=vip');
    await ada.getByText('Used by 1 conversation.').waitFor();
    await ada.fill('#edit-label-name', 'key account');
    await ada.getByRole('button', { name: 'Save label' }).click();
    await line(ada, 'key account').waitFor();
    await ada.locator('.notice').first().waitFor({ state: 'detached', timeout: 30000 }); // the screen asks until it is done
    await openConversation(ada, server.base, 'Ana Sample');
    await tab(ada, 'conversation');
    await ada.locator('[id^="conversation-labels-"] .label', { hasText: 'key account' }).first().waitFor();
  });

  test('tags, with undo', async () => {
    await go(ada, '/settings/labels');
    for (const tag of ['refund', 'Delivery', '<script>alert(1)</script>']) {
      await ada.fill('#new-tag', tag);
      await ada.keyboard.press('Enter');
      await ada.locator('#tags-defined .chip', { hasText: tag }).waitFor();
    }
    assert.deepEqual(await ada.locator('#tags-defined .chip bdi').allTextContents(), ['<script>alert(1)</script>', 'Delivery', 'refund']);
    await ada.getByRole('button', { name: 'Remove tag refund' }).click();
    await toast(ada, 'Tag removed').getByRole('button', { name: 'Undo' }).click();
    await ada.locator('#tags-defined .chip', { hasText: 'refund' }).waitFor();
    await looked(ada, '/settings/labels?edit=key+account', 'labels');
  });
});

describe('attributes', () => {
  test('a definition is tried out before it is saved', async () => {
    await go(ada, '/settings/attributes?scope=contact&new=1');
    await ada.fill('#definition-key', 'customer number');
    await ada.fill('#definition-pattern', 'K-[0-9]{4}');
    await ada.fill('#definition-hint', 'K- and four digits.');
    await ada.fill('#definition-sample', 'K-12');
    await ada.locator('#trial').getByText('customer number does not look as it should. K- and four digits.').waitFor();
    await ada.fill('#definition-sample', 'K-1234');
    await ada.locator('#trial').getByText('Fits. Kept as K-1234').waitFor();
    assert.deepEqual(await violations(ada), []);
    await picture(ada, 'settings-definition');
    await ada.getByRole('button', { name: 'Save attribute' }).click();
    await line(ada, 'customer number').waitFor();

    await go(ada, '/settings/attributes?scope=contact&new=1');
    await ada.fill('#definition-key', 'tier');
    assert.equal(await ada.locator('#definition-options').isVisible(), false);
    await ada.selectOption('#definition-kind', 'list');
    await ada.fill('#definition-options', 'Gold\nSilver');
    assert.equal(await ada.locator('#definition-pattern').isVisible(), false, 'a list needs no pattern');
    await ada.getByLabel('Required: shown as missing until it is filled in').check();
    await ada.getByRole('button', { name: 'Save attribute' }).click();
    await line(ada, 'tier').waitFor();
    for (const [key, kind] of [['birthday', 'date'], ['CRM', 'link'], ['seats', 'number'], ['newsletter', 'yes_no']]) {
      await go(ada, '/settings/attributes?scope=contact&new=1');
      await ada.fill('#definition-key', key);
      await ada.selectOption('#definition-kind', kind);
      await ada.getByRole('button', { name: 'Save attribute' }).click();
      await line(ada, key).waitFor();
    }
    await ada.getByRole('button', { name: 'Move tier up' }).click();
    await ada.waitForFunction(() => document.querySelector('#attributes-contact .line__name').textContent === 'tier');
    await looked(ada, '/settings/attributes', 'attributes');
  });

  test('on a person: the right input for each kind, what is missing, refusals, undo', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await tab(ada, 'contact');
    const box = ada.locator('[id^="contact-attributes-"]').first();
    await box.getByText('Required and still empty: tier').waitFor();
    await box.getByLabel('tier').selectOption('Gold');
    await box.locator('.attributes__missing').waitFor({ state: 'detached' });
    await box.getByLabel('customer number').fill('12');
    await ada.keyboard.press('Enter');
    await box.locator('.attributes__error', { hasText: 'K- and four digits.' }).waitFor();
    assert.equal(await box.getByLabel('customer number').inputValue(), '12', 'what was typed is still there');
    await whatsapp(server, ana, 'Anybody there?');
    await ada.locator('.bubble', { hasText: 'Anybody there?' }).waitFor(); // the page is refreshed around it
    await box.locator('.attributes__error').waitFor();
    assert.deepEqual(await violations(ada), []);
    await picture(ada, 'settings-attribute-refused');
    await box.getByLabel('customer number').fill('K-1043');
    await ada.keyboard.press('Enter');
    await box.locator('.attributes__error').waitFor({ state: 'detached' });
    await box.getByLabel('birthday').fill('1990-02-28');
    await ada.keyboard.press('Enter');
    await toast(ada, 'Attribute saved').waitFor();
    await box.getByLabel('CRM').fill('https://crm.example/42');
    await ada.keyboard.press('Enter');
    await box.getByRole('link', { name: 'Open the link of CRM' }).waitFor();
    await box.getByLabel('tier').selectOption('');
    await toast(ada, 'Attribute removed').getByRole('button', { name: 'Undo' }).click();
    await ada.waitForFunction(() => [...document.querySelectorAll('.attribute select')].some((select) => select.value === 'Gold'));
    await picture(ada, 'settings-attributes-panel');
  });
});

describe('preferences', () => {
  test('the address policy holds for the next visitor, without a restart', async () => {
    await go(ada, '/settings/preferences');
    await ada.getByRole('radio', { name: /^None/ }).check();
    await ada.locator('#preference-addresses').getByRole('button', { name: 'Save' }).click();
    await toast(ada, 'Saved. New sessions follow within seconds.').waitFor();
    await ada.locator('#preference-closing').getByLabel('Notes').check();
    await ada.locator('#preference-closing').getByRole('button', { name: 'Save' }).click();
    await toast(ada, 'Close dialog saved').waitFor();
    await go(ada, '/settings/preferences');
    assert.ok(await ada.locator('#preference-closing').getByLabel('Notes').isChecked());
    await ada.getByLabel('Minutes to accept').fill('30');
    await ada.locator('#preference-transfer').getByRole('button', { name: 'Save' }).click();
    await toast(ada, 'It holds for the next offer').getByRole('button', { name: 'Undo' }).click();
    await ada.waitForFunction(() => document.getElementById('transfer-minutes').value === '15');
    await looked(ada, '/settings/preferences', 'preferences');
    const kept = async () => { // sessions of conversations, newest last, as the API tells
      const answer = await fetch(`${server.base}/api/v1/conversations?limit=500`, { headers: { Authorization: 'Bearer browser-test-token' } });
      return (await answer.json()).items.map((item) => item.session?.ip_policy).filter(Boolean);
    };
    for (let tries = 0; !(await kept()).includes('none'); tries++) {
      assert.ok(tries < 60, 'a new session follows the setting');
      await widget(server, `Visitor ${tries}`);
      await new Promise((resolve) => { setTimeout(resolve, 500); }); // the setting is read again after five seconds
    }
  });
});

describe('closing as the workspace wants it', () => {
  for (const width of [1440, 390]) {
    test(`one tag of an alphabetical list, asked for, and shown in the history, ${width} px`, async () => {
      await go(ada, '/settings/preferences');
      await ada.locator('#preference-closing').getByLabel('A tag').check();
      await ada.locator('#preference-closing').getByLabel('Notes').uncheck();
      await ada.locator('#preference-closing').getByRole('button', { name: 'Save' }).click();
      await toast(ada, 'Close dialog saved').waitFor();
      await whatsapp(server, ana, `About my order, at ${width} px`);
      await ada.setViewportSize({ width, height: 900 });
      await go(ada, '/inbox');
      await row(ada, `at ${width} px`).locator('[data-row-link]').click();
      await ada.locator('.bubble', { hasText: `at ${width} px` }).waitFor();
      if (width === 390) await ada.locator('.actions__more').click();
      await ada.locator('[data-action="close"]').click();
      const dialog = ada.locator('#handling[open]');
      const tag = dialog.getByLabel('Tag');
      assert.deepEqual(await tag.locator('option').allTextContents(), ['Choose a tag…', '<script>alert(1)</script>', 'Delivery', 'refund'], 'as people sort, whatever the case');
      assert.match(await dialog.locator('label[for="close-tag"]').innerText(), /required/);
      assert.equal(await tag.evaluate((select) => select.multiple), false);
      await dialog.getByRole('button', { name: 'Close', exact: true }).click();
      await dialog.locator('#close-tag-error', { hasText: 'Choose a tag' }).waitFor();
      await ada.waitForFunction(() => document.activeElement.id === 'close-tag');
      await picture(ada, `settings-close-tag-${width}`);
      assert.deepEqual(await violations(ada), []);
      await tag.selectOption('refund');
      await dialog.getByRole('button', { name: 'Close', exact: true }).click();
      await ada.locator('#closing-bar', { hasText: 'refund' }).waitFor();
      await picture(ada, `settings-closed-tag-${width}`);
      await go(ada, `${new URL(ada.url()).pathname}?tab=history`);
      if (width === 390) await ada.click('[data-panel-toggle]');
      await ada.locator('.episode', { hasText: 'refund' }).first().scrollIntoViewIfNeeded();
      await picture(ada, `settings-history-tag-${width}`);
      await ada.setViewportSize({ width: 1440, height: 900 });
    });
  }
});

describe('privacy', () => {
  let erased; // addresses of who is gone

  test('export: an archive with everything, readable', async () => {
    await go(ada, '/contacts');
    await ada.getByRole('link', { name: 'Ana Sample' }).first().click();
    const started = ada.waitForEvent('download');
    await ada.getByRole('link', { name: 'Export data' }).click();
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-export-'));
    try {
      await (await started).saveAs(join(folder, 'person.zip'));
      const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print("\\n".join(z.namelist())); print("".join(z.read(n).decode() for n in z.namelist() if n.endswith(".html")))';
      const content = execFileSync('python3', ['-c', script, join(folder, 'person.zip')], { encoding: 'utf8' });
      for (const part of ['contact.json', 'README.md', 'ledger-entries.json', 'conversation.html', 'is the blue mug in stock?']) assert.ok(content.includes(part), part);
      assert.ok(!content.includes('INCOMPLETE'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('erasure: asks, erases, certifies; a new message is somebody new', async () => {
    const profile = new URL(ada.url()).pathname;
    await looked(ada, `${profile}/erase`, 'erase');
    await ada.getByLabel('I want to erase this person').check();
    await ada.getByRole('button', { name: 'Erase this person' }).click();
    await ada.getByText('Nothing of this person is in Switchboard').waitFor();
    const certificate = new URL(ada.url()).pathname;
    assert.ok(!(await ada.content()).includes('Ana Sample'), 'the certificate names nobody');
    await looked(ada, certificate, 'certificate');
    const download = ada.waitForEvent('download');
    await ada.getByRole('link', { name: 'Download certificate' }).click();
    assert.match((await download).suggestedFilename(), /^erasure-[0-9a-f]+\.txt$/);
    await looked(ada, '/settings/erasures', 'erasures');
    await go(ada, '/contacts?q=ana');
    await ada.getByText('Nobody matches').waitFor();
    await go(ada, '/inbox');
    await whatsapp(server, ana, 'Good morning again');
    await row(ada, 'Good morning again').waitFor();
    await openConversation(ada, server.base, 'Good morning again');
    assert.equal(await ada.locator('.bubble').count(), 1, 'what was erased is not there');
    erased = { profile, certificate };
  });

  test('the page of somebody who was erased says so, to everybody; the certificate is for those who may see it', async () => {
    await looked(ada, erased.profile, 'erased');
    await ada.getByRole('heading', { name: 'This person was erased' }).waitFor();
    await ada.getByRole('link', { name: 'The certificate' }).click();
    await ada.getByRole('heading', { name: 'Certificate', exact: true }).waitFor();
    assert.equal(new URL(ada.url()).pathname, erased.certificate);
    const agent = await open(browser);
    await signIn(agent, server.base, await addUser(server, { email: 'ben@example.com', name: 'Ben Agent', password: 'another-test-password' }));
    await looked(agent, erased.profile, 'erased-agent');
    await agent.getByRole('heading', { name: 'This person was erased' }).waitFor();
    assert.equal(await agent.getByRole('link', { name: /certificate/i }).count(), 0);
    await agent.getByRole('link', { name: 'To the contacts' }).click();
    await agent.waitForURL('**/contacts');
    for (const page of [ada, agent]) page.problems = page.problems.filter((problem) => !/status of 404/.test(problem)); // what is gone is a 404
    clean(agent);
    await agent.context().close();
  });
});

test('without JavaScript: a label, a definition tried and saved, an erasure', async () => {
  await go(ada, '/settings/account');
  const page = await open(browser, { javaScriptEnabled: false });
  await signIn(page, server.base);
  await go(page, '/settings/labels');
  await page.fill('#new-label-name', 'plain');
  await page.getByRole('button', { name: 'Add label' }).click();
  await line(page, 'plain').waitFor();
  await go(page, '/settings/attributes?scope=conversation&new=1');
  await page.fill('#definition-key', 'order');
  await page.selectOption('#definition-kind', 'number');
  await page.fill('#definition-sample', 'abc');
  await page.getByRole('button', { name: 'Try' }).click();
  await page.getByText('order is a number, such as 42 or -3.5.').waitFor();
  await page.getByRole('button', { name: 'Save attribute' }).click();
  await line(page, 'order').waitFor();
  await go(page, '/contacts');
  await page.getByRole('link', { name: 'Ana Sample' }).first().click();
  await page.getByRole('link', { name: 'Erase' }).click();
  await page.getByLabel('I want to erase this person').check();
  await page.getByRole('button', { name: 'Erase this person' }).click();
  await page.getByText('Certificate', { exact: true }).waitFor();
  clean(page);
  await page.context().close();
});
