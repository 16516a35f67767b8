// The browser's half of two rows of cmd/bench. Reads its settings as JSON from the first argument, tells what it is ready for
// and what it saw as lines of JSON, and ends when its input does.
//
//   first-load   what the inbox costs: requests, bytes without a cache, bytes with one
//   painted      an open conversation: when the texts "painted@<unix ms>@" were on the screen
import { createRequire } from 'node:module';
import { once } from 'node:events';

const { mode, base, email, password, conversation, chromium: executablePath, modules } = JSON.parse(process.argv[2]);
const { chromium } = createRequire(modules)('playwright-core');
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const ended = (async () => { process.stdin.resume(); await once(process.stdin, 'end'); })();

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
// Signing in without a page: the first page this browser sees is the one that is measured.
const answer = await context.request.post(`${base}/login`, { form: { email, password, next: '/inbox' }, maxRedirects: 0 });
if (answer.status() !== 303) throw new Error(`signing in answered ${answer.status()}`);

// load opens the inbox and counts what came over the wire. A stream never ends, so it is counted when its headers are there.
const load = async (page) => {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const seen = new Map();
  cdp.on('Network.requestWillBeSent', (e) => seen.set(e.requestId, { url: new URL(e.request.url).pathname, bytes: 0, cached: false }));
  cdp.on('Network.requestServedFromCache', (e) => { if (seen.has(e.requestId)) seen.get(e.requestId).cached = true; });
  cdp.on('Network.responseReceived', (e) => {
    const request = seen.get(e.requestId);
    if (!request) return;
    request.cached ||= e.response.fromDiskCache || e.response.fromPrefetchCache;
    request.bytes = e.response.encodedDataLength;
  });
  cdp.on('Network.loadingFinished', (e) => { if (seen.has(e.requestId)) seen.get(e.requestId).bytes = e.encodedDataLength; });
  await page.goto(`${base}/inbox`, { waitUntil: 'load' });
  await page.waitForTimeout(1500); // late requests count too
  await cdp.detach();
  const all = [...seen.values()].filter((r) => !r.url.startsWith('data:'));
  const sent = all.filter((r) => !r.cached);
  return { requests: sent.length, bytes: sent.reduce((sum, r) => sum + r.bytes, 0), urls: sent.map((r) => `${r.url} ${r.bytes}`) };
};

if (mode === 'first-load') {
  const cold = await load(await context.newPage());
  const warm = await load(await context.newPage());
  say({ cold, warm });
} else {
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.seen = { thread: {}, list: {} };
    const look = (node) => {
      const text = node.textContent;
      if (!text || !text.includes('painted@')) return;
      for (const [, stamp] of text.matchAll(/painted@(\d+)@/g)) {
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        const places = [];
        if (element?.closest('#messages') || element?.querySelector?.('#messages')) places.push('thread');
        if (element?.closest('#rows') || element?.querySelector?.('#rows')) places.push('list');
        for (const place of places) {
          if (stamp in window.seen[place]) continue;
          window.seen[place][stamp] = null;
          // The next frame draws it; a task queued in that frame runs after.
          requestAnimationFrame(() => setTimeout(() => { window.seen[place][stamp] = performance.timeOrigin + performance.now() - Number(stamp); }, 0));
        }
      }
    };
    new MutationObserver((records) => {
      for (const record of records) {
        if (record.type === 'characterData') look(record.target);
        for (const node of record.addedNodes) look(node);
      }
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  await page.goto(`${base}/inbox/${conversation}`, { waitUntil: 'load' });
  await page.waitForTimeout(1500); // the live stream is open
  await page.evaluate(() => { window.seen.thread = {}; window.seen.list = {}; });
  say({ ready: true });
  await ended;
  await page.waitForTimeout(1500);
  const seen = await page.evaluate(() => window.seen);
  const times = (place) => Object.values(seen[place]).filter((t) => t !== null);
  say({ thread: times('thread'), list: times('list') });
}
await browser.close();
process.exit(0);
