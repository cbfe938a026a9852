// Starts what `npm start` starts, asks it one question, and stops it: exits 0 when there was an answer and a clean end.
// Dependency-free and runnable by Node 18+, like run.mjs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const child = spawn('npm', ['start'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
const exited = once(child, 'exit');
// To npm alone, as a supervisor does it: the server must end with it.
const stop = (signal) => child.kill(signal);
const limit = setTimeout(() => {
  console.error('smoke: no answer within two minutes');
  process.kill(-child.pid, 'SIGKILL');
  process.exit(1);
}, 120_000);

const url = await new Promise((found, refuse) => {
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    const match = /turnout listening on (\S+)/.exec(text);
    if (match) found(match[1]);
  });
  child.once('exit', (code) => refuse(new Error(`npm start ended with ${code}:\n${text}`)));
});
const answer = await fetch(`${url}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'claude', messages: [{ role: 'user', content: 'Say hello to the railway.' }] }),
});
const body = await answer.json();
const text = body.choices?.[0]?.message?.content;
console.log(`${answer.status} ${answer.headers.get('x-turnout-target')}: ${text}`);
stop('SIGTERM');
const [code, signal] = await exited;
if (answer.status !== 200 || !text) process.exit(1);
const gone = () =>
  fetch(`${url}/healthz`).then(
    () => false,
    () => true,
  );
while (!(await gone())) await new Promise((later) => setTimeout(later, 100));
clearTimeout(limit);
console.log(`ended with ${code ?? signal}, and the server with it`);
