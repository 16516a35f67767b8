// People and rights in a real browser: an administrator makes an agent, the agent comes in, and sees only what is theirs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { startServer, whatsapp } from './server.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };
const cleo = { email: 'cleo@example.com', name: 'Cleo Agent', password: 'a-password-of-her-own' };

let server;
let browser;
let admin;
let agent; // Cleo
let foreign; // address of a conversation of another department

const row = (page, name) => page.locator('#rows [data-id]', { hasText: name });
const clean = (page) => assert.deepEqual(page.problems, [], 'no JavaScript errors, no broken policy');
const toast = (page, text) => page.locator('[data-toast]', { hasText: text }).last().waitFor();

const expected = (page, ...statuses) => { page.problems = page.problems.filter((problem) => !statuses.some((status) => problem.includes(`status of ${status}`))); };

before(async () => {
  server = await startServer();
  browser = await launch();
  admin = await open(browser);
  await signIn(admin, server.base);
  await whatsapp(server, ana, 'My contract, please.');
  await whatsapp(server, bob, 'Do you have mugs?');
  await row(admin, ana.name).waitFor();
  await row(admin, bob.name).waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

describe('an administrator', () => {
  test('finds the settings and makes departments', async () => {
    await admin.keyboard.press('g');
    await admin.keyboard.press('s');
    await admin.waitForURL('**/settings/account');
    await admin.getByRole('link', { name: 'Departments' }).click();
    await admin.getByText('There are none yet').waitFor();
    for (const name of ['Sales', 'Legal', 'Nobody']) {
      await admin.getByLabel('New department').fill(name);
      await admin.keyboard.press('Enter');
      await admin.getByLabel(`Name of ${name}`).waitFor();
    }
    await admin.getByLabel('New department').fill('sales');
    await admin.keyboard.press('Enter');
    await admin.getByText('There is a department of this name already').waitFor();
    assert.equal(await admin.getByLabel('New department').inputValue(), 'sales', 'what was typed stays');
    await picture(admin, 'settings-departments');
    await admin.locator('.items__row', { has: admin.getByLabel('Name of Nobody') }).locator('summary').click();
    await admin.getByRole('button', { name: 'Delete Nobody' }).click();
    await admin.getByLabel('Name of Nobody').waitFor({ state: 'detached' });
    await admin.getByLabel('Name of Legal').fill('Contracts');
    await admin.keyboard.press('Enter');
    await admin.getByLabel('Name of Contracts').waitFor();
    clean(admin);
  });

  test('adds an agent, whose password is shown once', async () => {
    await admin.getByRole('link', { name: 'Users' }).click();
    await admin.getByRole('link', { name: 'Add a user' }).click();
    await admin.getByLabel('Name').fill(cleo.name);
    await admin.getByLabel('E-mail').fill('ada@example.com');
    await admin.getByRole('button', { name: 'Add user' }).click();
    await admin.getByText('There is a user with this e-mail already').waitFor();
    assert.equal(await admin.getByLabel('Name').inputValue(), cleo.name);
    await picture(admin, 'settings-user-refused');
    await admin.getByLabel('E-mail').fill(cleo.email);
    await admin.getByLabel('Sales').check();
    await admin.getByRole('button', { name: 'Add user' }).click();
    cleo.once = await admin.locator('#one-time-password').textContent();
    assert.match(cleo.once, /^[a-z2-7]{5}(-[a-z2-7]{5}){3}$/);
    await picture(admin, 'settings-user-created');
    await admin.getByRole('link', { name: 'Open Cleo Agent' }).click();
    await admin.getByRole('heading', { name: cleo.name, level: 1 }).waitFor();
    assert.equal(await admin.locator('#one-time-password').count(), 0);
    assert.ok(await admin.getByLabel('Sales').isChecked());
    clean(admin);
  });

  test('gives a conversation to a department', async () => {
    await admin.goto(`${server.base}/inbox`);
    await row(admin, ana.name).locator('[data-row-link]').click();
    await admin.locator('#thread-title', { hasText: ana.name }).waitFor();
    foreign = new URL(admin.url()).pathname;
    await admin.click('#tab-conversation');
    await admin.getByLabel('Department', { exact: true }).selectOption({ label: 'Contracts' });
    await toast(admin, 'Contracts');
    clean(admin);
  });
});

describe('the agent', () => {
  test('comes in with the one-time password and must choose another', async () => {
    agent = await open(browser);
    await agent.goto(`${server.base}/login?next=/contacts`);
    await agent.fill('#email', cleo.email);
    await agent.fill('#password', cleo.once);
    await agent.click('button[type=submit]');
    await agent.getByRole('heading', { name: 'Choose a password' }).waitFor();
    await agent.goto(`${server.base}${foreign}`);
    await agent.getByRole('heading', { name: 'Choose a password' }).waitFor();
    await picture(agent, 'choose-password');
    assert.deepEqual(await violations(agent), []);
    await agent.getByLabel('The password you were given').fill('something else');
    await agent.getByLabel('New password', { exact: true }).fill(cleo.password);
    await agent.getByLabel('New password again').fill(cleo.password);
    await agent.getByRole('button', { name: 'Change password' }).click();
    await agent.getByText('This is not your present password').waitFor();
    await agent.getByLabel('The password you were given').fill(cleo.once);
    await agent.getByLabel('New password', { exact: true }).fill(cleo.password);
    await agent.getByLabel('New password again').fill(cleo.password);
    await agent.getByRole('button', { name: 'Change password' }).click();
    await agent.waitForURL('**/inbox');
    clean(agent);
  });

  test('sees what her departments allow, and nothing else', async () => {
    await row(agent, bob.name).waitFor();
    assert.equal(await row(agent, ana.name).count(), 0, 'not in the list');
    await agent.goto(`${server.base}/inbox?q=ana`);
    await agent.waitForSelector('#list-body');
    assert.equal(await row(agent, ana.name).count(), 0, 'not found either');
    const got = await agent.goto(`${server.base}${foreign}`);
    assert.equal(got.status(), 404);
    await agent.goto(`${server.base}/contacts`);
    await agent.getByRole('link', { name: ana.name }).click();
    await agent.locator('#profile').waitFor();
    assert.equal(await agent.locator(`#profile a[href*="${foreign.split('/').pop()}"]`).count(), 0, 'the person is everybody\'s, the conversation is not');
    expected(agent, 404);
    clean(agent);
  });

  test('is shown a conversation the moment it is hers', async () => {
    await agent.goto(`${server.base}/inbox`);
    await live(agent);
    await admin.getByLabel('Assignee', { exact: true }).selectOption({ label: cleo.name });
    await row(agent, ana.name).waitFor();
    await row(agent, ana.name).locator('[data-row-link]').click();
    await agent.locator('#thread-title', { hasText: ana.name }).waitFor();
    clean(agent);
    clean(admin);
  });

  test('has no screens of administrators', async () => {
    await agent.goto(`${server.base}/settings`);
    const entries = (await agent.locator('#settings-nav a').allInnerTexts()).map((text) => text.trim());
    assert.deepEqual(entries, ['My account']);
    for (const path of ['/settings/users', '/settings/departments', '/settings/audit', '/settings/labels']) {
      assert.equal((await agent.goto(`${server.base}${path}`)).status(), 403, path);
      await agent.getByText('Not allowed').waitFor();
    }
    expected(agent, 403);
    clean(agent);
  });

  test('sets up her profile, changes her password, and signs out elsewhere', async () => {
    const elsewhere = await open(browser, { userAgent: 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0' });
    await signIn(elsewhere, server.base, cleo);
    await agent.goto(`${server.base}/settings/account`);
    await agent.getByLabel('Time zone').fill('Mars/Base');
    await agent.getByRole('button', { name: 'Save profile' }).click();
    await agent.getByText('Choose a time zone from the list').waitFor();
    await agent.getByLabel('Time zone').fill('Asia/Tokyo');
    await agent.getByRole('button', { name: 'Save profile' }).click();
    await toast(agent, 'Profile saved');
    await agent.locator('.sessions__row', { hasText: 'Firefox' }).waitFor();
    assert.equal(await agent.locator('.sessions__row').count(), 2);
    await picture(agent, 'settings-account');
    await agent.getByRole('button', { name: /^Sign out .*Firefox/ }).click();
    await agent.locator('.sessions__row', { hasText: 'Firefox' }).waitFor({ state: 'detached' });
    await elsewhere.waitForURL('**/login**'); // at once: its open page asks again and is sent away
    await signIn(elsewhere, server.base, cleo);
    await agent.getByLabel('Present password').fill(cleo.password);
    cleo.password = 'another-password-of-hers';
    await agent.getByLabel('New password', { exact: true }).fill(cleo.password);
    await agent.getByLabel('New password again').fill(cleo.password);
    await agent.getByRole('button', { name: 'Change password' }).click();
    await toast(agent, 'Password changed');
    await elsewhere.waitForURL('**/login**');
    await agent.goto(`${server.base}/inbox`);
    await row(agent, bob.name).waitFor();
    expected(elsewhere, 401);
    clean(elsewhere);
    clean(agent);
    await elsewhere.context().close();
  });
});

describe('afterwards', () => {
  test('the audit log tells, by kind and by person', async () => {
    await admin.goto(`${server.base}/settings/audit`);
    for (const words of ['Added a user', 'Changed a password', 'Changed settings', 'Ended sessions']) await admin.locator('#audit td', { hasText: words }).first().waitFor();
    await picture(admin, 'settings-audit');
    await admin.getByLabel('What').selectOption({ label: 'Changed a password' });
    await admin.waitForFunction(() => [...document.querySelectorAll('#audit tbody tr')].every((tr) => tr.textContent.includes('Changed a password')));
    assert.match(admin.url(), /what=password_changed/);
    await admin.getByLabel('Who').selectOption({ label: 'Administrator' });
    await admin.getByText('No entry fits this filter').waitFor();
    clean(admin);
  });

  test('disabling ends what is open, and the last administrator stays', async () => {
    await agent.goto(`${server.base}/inbox`);
    await live(agent);
    await admin.goto(`${server.base}/settings/users`);
    await picture(admin, 'settings-users');
    await admin.getByRole('link', { name: cleo.name }).click();
    await picture(admin, 'settings-user');
    await admin.getByRole('button', { name: 'Disable' }).click();
    await toast(admin, 'signed out everywhere');
    await agent.waitForURL('**/login**');
    await agent.fill('#email', cleo.email);
    await agent.fill('#password', cleo.password);
    await agent.click('button[type=submit]');
    await agent.getByText('do not belong together').waitFor();
    await admin.getByRole('button', { name: 'Enable' }).click();
    await toast(admin, 'User enabled');
    await admin.goto(`${server.base}/settings/users`);
    await admin.getByRole('link', { name: 'Administrator' }).click();
    await admin.getByLabel('Agent').check();
    await admin.getByRole('button', { name: 'Save user' }).click();
    await admin.getByText('last administrator').waitFor();
    clean(admin);
  });

  test('every screen, light and dark, wide and narrow: axe finds nothing, nothing sticks out', async () => {
    const paths = ['/settings/account', '/settings/users', '/settings/users/new', '/settings/departments', '/settings/audit'];
    await admin.goto(`${server.base}/settings/users`);
    paths.push(await admin.getByRole('link', { name: cleo.name }).getAttribute('href'));
    for (const width of [1440, 390]) {
      await admin.setViewportSize({ width, height: 844 });
      for (const scheme of ['light', 'dark']) {
        await admin.emulateMedia({ colorScheme: scheme });
        for (const path of paths) {
          await admin.goto(`${server.base}${path}`);
          assert.deepEqual(await violations(admin), [], `${path}, ${scheme}, ${width} px`);
          const wide = await admin.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(wide <= 0, `${path} at ${width} px is ${wide} px too wide`);
          if (width === 390 || scheme === 'dark') await picture(admin, `settings-${path.split('/').slice(2).join('-').slice(0, 20)}-${scheme}-${width}`);
        }
      }
    }
    await admin.setViewportSize({ width: 1440, height: 900 });
    clean(admin);
  });

  test('without JavaScript: add a user, change the password, end sessions', async () => {
    const page = await open(browser, { javaScriptEnabled: false });
    await signIn(page, server.base);
    await page.goto(`${server.base}/settings/users/new`);
    await page.getByLabel('Name').fill('Dan Plain');
    await page.getByLabel('E-mail').fill('dan@example.com');
    await page.getByRole('button', { name: 'Add user' }).click();
    const once = await page.locator('#one-time-password').textContent();
    const dan = await open(browser, { javaScriptEnabled: false });
    await dan.goto(`${server.base}/login`);
    await dan.fill('#email', 'dan@example.com');
    await dan.fill('#password', once);
    await dan.click('button[type=submit]');
    await dan.getByLabel('The password you were given').fill(once);
    await dan.getByLabel('New password', { exact: true }).fill('the password of dan');
    await dan.getByLabel('New password again').fill('the password of dan');
    await dan.getByRole('button', { name: 'Change password' }).click();
    await dan.waitForURL('**/inbox');
    await page.goto(`${server.base}/settings/account`);
    await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await page.waitForURL('**/settings/account');
    assert.equal(await page.locator('.sessions__row').count(), 1);
    await page.context().close();
    await dan.context().close();
  });
});
