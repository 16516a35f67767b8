// One Chromium for all tests; every page notes JavaScript errors and broken content security policies.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { admin } from './server.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
export const artefacts = process.env.SWITCHBOARD_ARTEFACTS || here('results');
mkdirSync(artefacts, { recursive: true });

// A closed network: Chromium's own look-ups would be refused, many at a time.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function launch() {
  const executablePath = process.env.CHROMIUM || execFileSync(here('chromium.sh'), { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath, args });
}

// open gives a page in a browser of its own (its own cookies).
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'Europe/Berlin', ...options });
  context.setDefaultTimeout(15000);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // An answer of 409 or 422 is part of the conversation; Chromium reports it as a failed load all the same.
    if (message.type() === 'error' && !/status of (409|422)/.test(text) && !/net::ERR_INTERNET_DISCONNECTED/.test(text)) page.problems.push(text);
  });
  return page;
}

export async function signIn(page, base, user = admin) {
  await page.goto(`${base}/login`);
  await page.fill('#email', user.email);
  await page.fill('#password', user.password);
  await page.click('button[type=submit]');
  await page.waitForURL('**/inbox**');
}

// live waits until the page hears of changes.
export const live = (page) => page.waitForSelector('#live[data-state="live"]');

// caret: the default hides it with an inline style, which the policy refuses.
export const picture = (page, name) => page.screenshot({ path: `${artefacts}/${name}.png`, caret: 'initial' });
