// A Switchboard of its own for a test: an empty data directory, known accounts, and webhooks signed as the platforms sign them.
import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const admin = { email: 'ada@example.com', password: 'browser-test-password' };
const secret = 'browser-test-secret';
const number = { id: '880000000000001', phone: '+12025550100', waba: '990000000000001', name: 'Sales' };
const channels = {
  whatsapp: { verify_token: 'token', app_secrets: [secret], numbers: [number] },
  instagram: { verify_token: 'token', app_secrets: [secret], app_id: '123450000000001', accounts: [{ id: '17840000000000001', name: 'Shop' }] },
  webwidget: { widgets: [{ id: 'wgt_demo_01', name: 'Shop', secret, require_identity: false, origins: ['https://shop.example'] }] },
};

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

// startServer starts one; more gives it further settings, knowing the address it will have.
export async function startServer(more = () => ({})) {
  const binary = process.env.SWITCHBOARD_BIN;
  if (!binary) throw new Error('set SWITCHBOARD_BIN to the switchboard binary (make browser does)');
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-browser-'));
  writeFileSync(join(folder, 'channels.yaml'), JSON.stringify(channels)); // JSON is YAML
  const [port, adminPort] = [await freePort(), await freePort()];
  const log = [];
  const env = {
    ...process.env, SWITCHBOARD_ADDR: `127.0.0.1:${port}`, SWITCHBOARD_ADMIN_ADDR: `127.0.0.1:${adminPort}`, SWITCHBOARD_DATA_DIR: join(folder, 'data'),
    SWITCHBOARD_CHANNELS: join(folder, 'channels.yaml'), SWITCHBOARD_ADMIN_EMAIL: admin.email, SWITCHBOARD_ADMIN_PASSWORD: admin.password,
    SWITCHBOARD_API_TOKEN: 'browser-test-token', ...await more(`http://127.0.0.1:${port}`),
  };
  const child = spawn(binary, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => log.push(data.toString()));
  const server = { base: `http://127.0.0.1:${port}`, log, child, env };
  server.stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(15000).then(() => child.kill('SIGKILL'))]);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 600) {
      await server.stop();
      throw new Error(`the server did not become ready:\n${log.join('').slice(-3000)}`);
    }
    try {
      if ((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status === 200) return server;
    } catch { /* not listening yet */ }
    await sleep(50);
  }
}

// addUser adds a person who may sign in: {email, name, role, password}.
export async function addUser(server, user) {
  const child = spawn(process.env.SWITCHBOARD_BIN, ['user', 'add', user.email, '--name', user.name, '--role', user.role || 'agent', '--password-stdin'], {
    env: server.env, stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  child.stdin.end(`${user.password}\n`);
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  if (code !== 0) throw new Error(`user add: ${said}`);
  return user;
}

// seed fills the database of a running server with as many conversations, each of somebody else.
export const seed = (server, conversations) => promisify(execFile)(process.env.SWITCHBOARD_BIN, ['seed', '--force', '--conversations', String(conversations), '--contacts', String(conversations)], { env: server.env });

// api asks the server's API.
export async function api(server, path) {
  const answer = await fetch(`${server.base}/api/v1${path}`, { headers: { Authorization: `Bearer ${server.env.SWITCHBOARD_API_TOKEN}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// connectThrough makes a cable to the server that can be cut and mended.
export async function connectThrough(server) {
  const port = Number(new URL(server.base).port);
  const open = new Set();
  let whole = true;
  const cable = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => { open.delete(from); to.destroy(); });
    }
  });
  await new Promise((resolve) => { cable.listen(0, '127.0.0.1', resolve); });
  cable.unref(); // a test that fails does not close it, and shall end all the same
  const cut = () => { whole = false; for (const socket of open) socket.destroy(); };
  return {
    base: `http://127.0.0.1:${cable.address().port}`,
    cut,
    mend: () => { whole = true; },
    close: () => { cut(); return new Promise((resolve) => { cable.close(resolve); }); },
  };
}

async function post(server, path, body, headers = {}) {
  const text = JSON.stringify(body);
  const answer = await fetch(server.base + path, {
    method: 'POST', body: text,
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`, ...headers },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let count = 0;
const nowSeconds = () => Math.floor(Date.now() / 1000);

// whatsapp posts a message of a person {name, phone}; content is a WhatsApp message object without envelope.
export function whatsapp(server, person, content) {
  const message = { from: person.phone, id: `wamid.browser.${++count}`, timestamp: String(nowSeconds()), ...(typeof content === 'string' ? { type: 'text', text: { body: content } } : content) };
  return post(server, '/webhooks/whatsapp', {
    object: 'whatsapp_business_account',
    entry: [{ id: number.waba, changes: [{ field: 'messages', value: {
      messaging_product: 'whatsapp', metadata: { display_phone_number: number.phone.slice(1), phone_number_id: number.id },
      contacts: [{ profile: { name: person.name }, wa_id: person.phone }], messages: [message],
    } }] }],
  });
}

// instagram posts a text of a person by Instagram-scoped id.
export function instagram(server, igsid, text) {
  return post(server, '/webhooks/instagram', {
    object: 'instagram',
    entry: [{ id: '17840000000000001', time: Date.now(), messaging: [{
      sender: { id: igsid }, recipient: { id: '17840000000000001' }, timestamp: Date.now(), message: { mid: `mid.browser.${++count}`, text },
    }] }],
  });
}

// widget opens a web session and posts a message with page and browser.
export async function widget(server, text) {
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0';
  const origin = { Origin: 'https://shop.example', 'User-Agent': agent };
  const session = await post(server, '/webhooks/webwidget/sessions', { inbox_id: 'wgt_demo_01' }, origin);
  const unique = String(++count).padStart(12, '0');
  return post(server, '/webhooks/webwidget', {
    v: 1, inbox_id: 'wgt_demo_01', event: 'message.created', event_id: `c489b5ce-19d5-52f5-826b-${unique}`, sent_at: new Date().toISOString(),
    visitor: { id: session.visitor_id, session_id: session.session_id },
    message: { client_id: `b991d4f8-7cb1-5283-999b-${unique}`, type: 'text', text },
    page: { url: 'https://shop.example/mugs/blue', title: 'Blue mug', referrer: 'https://search.example/?q=mug' },
    client: { user_agent: agent, locale: 'de-DE', timezone: 'Europe/Berlin', screen: '1440x900' },
  }, origin);
}
