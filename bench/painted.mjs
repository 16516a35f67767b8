// The browser's half of two rows of cmd/bench. Reads its settings as JSON from the first argument, tells what it is ready for
// and what it saw as lines of JSON, and ends when its input does.
//
//   first-load   what the inbox costs: requests, bytes without a cache, bytes with one
//   painted      an open conversation beside a list by priority: when the texts "painted@<unix ms>@" were on the screen, in
//                the thread and in the conversation's row, where the time went, and what it cost the browser
import { createRequire } from 'node:module';
import { once } from 'node:events';

const { mode, base, email, password, conversation, chromium: executablePath, modules, trace } = JSON.parse(process.argv[2]);
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
  await urgent(page);
  await page.addInitScript(watch, conversation);
  await page.goto(`${base}/inbox/${conversation}?sort=priority`, { waitUntil: 'load' });
  await page.waitForFunction(() => document.getElementById('live')?.dataset.state === 'live');
  await page.waitForTimeout(1500); // what a page fetches once it is open is no part of it
  const before = await cpu();
  if (trace) await browser.startTracing(page, { path: trace });
  await page.evaluate(() => { window.seen.thread = {}; window.seen.list = {}; window.seen.requests = []; window.seen.signals = []; });
  say({ ready: true });
  await ended;
  const after = await cpu(); // over the time of the load alone
  await page.waitForTimeout(1500);
  const seen = await page.evaluate(() => window.seen);
  if (trace) await browser.stopTracing();
  say({ ...found(seen), cpu: after - before, requests: counted(seen.requests) });
}
await browser.close();
process.exit(0);

// urgent gives the conversation the highest priority: in a list by priority its row is always on screen, among thirty that
// come and go with every message.
async function urgent(page) {
  await page.goto(`${base}/inbox/${conversation}`, { waitUntil: 'load' });
  const token = await page.locator('body').evaluate((body) => JSON.parse(body.getAttribute('hx-headers:inherited'))['X-CSRF-Token']);
  const answer = await context.request.post(`${base}/inbox/${conversation}/priority`, { form: { csrf: token, value: 'urgent', was: '' }, maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`making the conversation urgent answered ${answer.status()}`);
}

// watch runs in the page: it keeps when each text was drawn, when signals came, and what was fetched, by the clock of the
// machine.
function watch(conversation) {
  const now = () => performance.timeOrigin + performance.now();
  window.seen = { thread: {}, list: {}, requests: [], signals: [] };
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
        requestAnimationFrame(() => setTimeout(() => { window.seen[place][stamp] = now(); }, 0));
      }
    }
  };
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === 'characterData') look(record.target);
      for (const node of record.addedNodes) look(node);
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      const at = (ms) => performance.timeOrigin + ms;
      window.seen.requests.push({ path: new URL(e.name).pathname, start: at(e.startTime), answered: at(e.responseStart), end: at(e.responseEnd), bytes: e.encodedBodySize });
    }
  }).observe({ type: 'resource' });
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(...args) {
      super(...args);
      this.addEventListener('change', (event) => {
        const { conversations, stored } = JSON.parse(event.data);
        if (conversations?.includes(conversation)) window.seen.signals.push({ at: now(), stored });
      });
      for (const name of ['resync', 'hello']) this.addEventListener(name, () => window.seen.signals.push({ at: now() }));
    }
  };
}

// found says how long each message took, from when it was due until it was drawn, and where the thread's time went: each was
// drawn after the last answer before, which was asked for after the last signal before.
function found({ thread, list, requests, signals }) {
  const path = `/inbox/${conversation}/messages`;
  const out = { thread: [], list: [], stages: { stored: [], signal: [], request: [], answer: [], drawn: [] } };
  for (const [stamp, at] of Object.entries(list)) if (at !== null) out.list.push(at - stamp);
  for (const [stamp, at] of Object.entries(thread)) {
    if (at === null) continue;
    out.thread.push(at - stamp);
    const request = requests.findLast((r) => r.path === path && r.end <= at && r.start >= stamp);
    const signal = request && signals.findLast((s) => s.at <= request.start && s.at >= stamp);
    if (!signal) continue;
    out.stages.stored.push(Math.max(0, signal.at - (signal.stored || 0) - stamp));
    out.stages.signal.push(signal.stored || 0);
    out.stages.request.push(request.start - signal.at);
    out.stages.answer.push(request.end - request.start);
    out.stages.drawn.push(at - request.end);
  }
  return out;
}

// counted adds up what was fetched, by address.
function counted(requests) {
  const by = {};
  for (const { path, bytes } of requests) {
    const what = path.replace(/^\/inbox\/[^/]+/, '/inbox/…');
    by[what] ??= { count: 0, bytes: 0 };
    by[what].count++;
    by[what].bytes += bytes;
  }
  return by;
}

// cpu is what all processes of the browser have used so far, in seconds.
async function cpu() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, p) => sum + p.cpuTime, 0);
}
