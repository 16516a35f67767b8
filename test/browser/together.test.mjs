// Two agents at one desk, and a network that fails.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, live, open, picture, signIn } from './browser.mjs';
import { addUser, connectThrough, startServer, whatsapp } from './server.mjs';
import { clean, cutNoise, edit, field, openConversation, row, tab } from './steps.mjs';

const ana = { name: 'Ana Sample', phone: '12025550143' };
const bob = { name: 'Bob Example', phone: '12025550177' };
const benUser = { email: 'ben@example.com', name: 'Ben Agent', role: 'agent', password: 'another-test-password' };

let server;
let browser;
let ada; // two agents, each in a browser of their own
let ben;

before(async () => {
  server = await startServer();
  await addUser(server, benUser);
  browser = await launch();
  [ada, ben] = [await open(browser), await open(browser)];
  await signIn(ada, server.base);
  await signIn(ben, server.base, benUser);
  await whatsapp(server, ana, 'Hello, is the blue mug in stock?');
  await whatsapp(server, bob, 'Where is my parcel?');
  await row(ada, 'Bob Example').waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => { clean(ada); clean(ben); });

describe('presence', () => {
  test('colleagues see who views, who types, and who has left', async () => {
    await openConversation(ada, server.base, 'Ana Sample');
    await ben.goto(`${server.base}/inbox`);
    await live(ben);
    const mark = row(ben, 'Ana Sample').locator('.watch');
    await mark.getByText('is viewing').waitFor({ state: 'attached' });
    await openConversation(ben, server.base, 'Ana Sample');
    await ben.locator('.viewer', { hasText: 'is viewing' }).waitFor();
    await ada.locator('.viewer', { hasText: 'Ben Agent is viewing' }).waitFor();
    await tab(ben, 'contact');
    const input = await edit(ben, 'location');
    await input.pressSequentially('Ber');
    await ada.locator('.viewer--typing', { hasText: 'Ben Agent is editing' }).waitFor();
    await row(ada, 'Ana Sample').locator('.watch--typing').waitFor();
    await picture(ada, 'presence');
    await ben.keyboard.press('Escape');
    await ada.locator('.viewer', { hasText: 'Ben Agent is viewing' }).waitFor();
    await ben.goto(`${server.base}/contacts`); // the page tells that it is left
    await ada.locator('.viewer').waitFor({ state: 'detached' });
    await row(ada, 'Ana Sample').locator('.watch svg').waitFor({ state: 'detached' });
  });

  test('a browser that is cut off is forgotten', async () => {
    const cable = await connectThrough(server);
    const third = await open(browser);
    await signIn(third, cable.base, benUser);
    await row(third, 'Bob Example').locator('[data-row-link]').click();
    await openConversation(ada, server.base, 'Bob Example');
    await ada.locator('.viewer', { hasText: 'Ben Agent' }).waitFor();
    cable.cut();
    await ada.locator('.viewer').waitFor({ state: 'detached', timeout: 60000 });
    await third.context().close();
    await cable.close();
  });
});
