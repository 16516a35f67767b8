// Steps that several suites take in the desk.
import assert from 'node:assert/strict';
import { live } from './browser.mjs';

export const row = (page, name) => page.locator('#rows [data-id]', { hasText: name });

// openConversation opens a person's conversation from the list.
export const openConversation = async (page, base, name) => {
  await page.goto(`${base}/inbox`);
  await row(page, name).first().locator('[data-row-link]').click();
  await page.waitForSelector('#thread');
  await page.hover('#thread-title'); // away from the rows, which do not move under the pointer
  await live(page);
};

// tab opens a tab of the panel.
export const tab = async (page, name) => {
  await page.click(`#tab-${name}`);
  await page.locator(`#tab-${name}[aria-selected="true"]`).waitFor();
};

export const field = (page, name) => page.locator(`.field[id^="field-${name}"]`);

// edit opens a field in place and gives its input.
export const edit = async (page, name) => {
  await field(page, name).locator('[data-edit]').click();
  const input = field(page, name).locator('[name="value"]');
  await input.waitFor();
  return input;
};

export const clean = (page) => assert.deepEqual(page.problems, [], 'no JavaScript errors, no broken policy');

// cutNoise: a network that is cut shows in the console; that is not the page's fault.
export const cutNoise = (page) => { page.problems = page.problems.filter((problem) => !/net::ERR_|Failed to fetch/.test(problem)); };
