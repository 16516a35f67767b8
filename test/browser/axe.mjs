// violations(page): what axe finds on a page, one line each, empty when it finds nothing. contrast(page): the same, of colours
// alone, for a page that was looked at in its other theme already.
// The source goes in through the debugger, so the page's own content security policy stays as it is.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function run(page, options) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(source);
  const found = await page.evaluate((o) => window.axe.run(document, { resultTypes: ['violations'], ...o }), options);
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${v.help}`));
}

// Targets of at least 24 px are a rule of WCAG 2.2 that axe has to be asked for.
export const violations = (page) => run(page, { rules: { 'target-size': { enabled: true } } });
export const contrast = (page) => run(page, { runOnly: ['color-contrast'] });
