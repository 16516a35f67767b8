// A real OpenID Connect provider for a test: zitadel's, as the command in test/oidc/provider runs it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// startProvider runs the provider for a Switchboard at base. Without a binary of it (make browser builds one) Go runs its source.
export async function startProvider(base) {
  const callback = `${base}/login/sso/callback`;
  const stdio = ['pipe', 'pipe', 'pipe'];
  const binary = process.env.OIDC_PROVIDER_BIN;
  const child = binary ? spawn(binary, [callback], { stdio }) : spawn('go', ['run', './provider', callback], { stdio, cwd: fileURLToPath(new URL('../oidc', import.meta.url)) });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve, reject) => { child.once('error', reject).once('close', resolve); });
  const first = new Promise((resolve) => { createInterface({ input: child.stdout }).once('line', resolve); });
  const line = await Promise.race([first, ended.then((code) => { throw new Error(`the provider ended (${code}):\n${said}`); })]);
  const told = JSON.parse(line);
  return {
    issuer: told.issuer,
    password: told.password, // everybody's
    env: { SWITCHBOARD_OIDC_ISSUER: told.issuer, SWITCHBOARD_OIDC_CLIENT_ID: told.client_id, SWITCHBOARD_OIDC_CLIENT_SECRET: told.client_secret },
    stop: () => { child.stdin.end(); return ended; }, // it ends with its input
  };
}
