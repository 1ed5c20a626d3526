// ci/webhook-corpus: every official example, times every way to sign it, and the cases that the examples lack. Arguments:
// webhook_probe, a state directory. The probe's queue is real; every repository of the examples takes turns to be the hook's.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { sign, verify } from '@octokit/webhooks-methods';

const [program, state] = process.argv.slice(2);
const secret = "It's a Secret to Everybody";
const examples = JSON.parse(readFileSync(
  createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json')));

class Probe {
  constructor(repository) {
    this.child = spawn(program, [mkdtempSync(join(state, 'queue-')), secret, repository],
      { stdio: ['pipe', 'pipe', 'ignore'] });
    this.ended = new Promise((done) => this.child.on('close', (code, signal) => done({ code, signal })));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async line() {
    const { value, done } = await this.lines.next();
    assert.ok(!done, 'the probe has died');
    return JSON.parse(value);
  }
  async answer(headers, body, path = '/hooks/github/corpus') {
    const head = Buffer.from([`POST ${path}`, ...headers.map(([k, v]) => `${k}: ${v}`)].join('\n'));
    const bytes = Buffer.from(body);
    this.child.stdin.write(Buffer.concat([Buffer.from(`${head.length} ${bytes.length}\n`), head, bytes]));
    return this.line();
  }
  async end() {
    this.child.stdin.end();
    const { events } = await this.line();
    const { code, signal } = await this.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    return events;
  }
}

const counts = {};
function expect(way, name, answer, status) {
  assert.equal(answer.status, status, `${name}, ${way}: ${answer.status} ${answer.answer}`);
  const key = `${way} -> ${status}`;
  counts[key] = (counts[key] ?? 0) + 1;
}

let deliveries = 0;
const json = ['Content-Type', 'application/json'];
const form = ['Content-Type', 'application/x-www-form-urlencoded'];
const named = (kind) => [['X-GitHub-Event', kind], ['X-GitHub-Delivery', `delivery-${++deliveries}`]];
const sha1 = (body) => `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
const signature = (text) => ['X-Hub-Signature-256', text];

/** One payload in every way; the answer to the good one. */
async function every_way(probe, kind, payload, good_status) {
  const body = JSON.stringify(payload);
  const right = await sign(secret, body);
  const send = (way, status, headers, bytes = body) =>
    probe.answer([...named(kind), ...headers], bytes).then((answer) => (expect(way, kind, answer, status), answer));

  await send('bad', 401, [json, signature(await sign('another secret', body))]);
  await send('missing', 401, [json]);
  await send('empty', 401, [json, signature('')]);
  await send('empty digest', 401, [json, signature('sha256=')]);
  await send('SHA-1 only', 401, [json, ['X-Hub-Signature', sha1(body)]]);
  await send('twice', 401, [json, signature(right), signature(right)]);
  const changed = Buffer.from(body);
  changed[deliveries % changed.length] ^= 1;
  await send('one byte of the body changed', 401, [json, signature(right)], changed);
  const at = 7 + (deliveries % 64);
  const other = right.slice(0, at) + (right[at] === '0' ? '1' : '0') + right.slice(at + 1);
  await send('one digit of the signature changed', 401, [json, signature(other)]);
  await send('wrong type', 415, [['Content-Type', 'text/plain'], signature(right)]);
  const encoded = new URLSearchParams({ payload: body }).toString();
  await send('form, signed as JSON', 401, [form, signature(right)], encoded);
  await send('form', good_status, [form, signature(await sign(secret, encoded))], encoded);

  // Both ways: what they sign we take, and what we sign they take.
  const answer = await send('good', good_status, [json, ['X-Hub-Signature', sha1(body)], signature(right)]);
  assert.equal(answer.signature, right);
  assert.ok(await verify(secret, body, answer.signature));
  return answer;
}

const repositories = new Set(examples.flatMap(({ examples }) => examples.map((payload) => payload.repository?.full_name)));
let payloads = 0;
let started = 0;
let events = 0;
const resident = [];
for (const repository of repositories) {
  const probe = new Probe(repository ?? 'nobody/nothing');
  for (const { name, examples: all } of examples) {
    for (const payload of all.filter((each) => each.repository?.full_name === repository)) {
      const answer = await every_way(probe, name, payload, 202);
      const { event, duplicate, ignored } = JSON.parse(answer.answer);
      assert.ok(event === null, 'the form was there first');
      assert.ok(duplicate || ignored, name);
      if (name === 'push' && !payload.deleted) assert.ok(duplicate);
      if (name === 'ping') assert.ok(ignored);
      ++payloads;
      if (duplicate) ++started;
      resident.push(answer.resident_kib);
    }
  }
  events += await probe.end();
}
assert.equal(payloads, examples.reduce((sum, { examples: all }) => sum + all.length, 0));

// A hook of another repository takes none of them, and says so: GitHub would show an error for a hook of an organization.
let foreign = 0;
const stranger = new Probe('another/repository');
for (const { name, examples: all } of examples) {
  for (const payload of all.filter((each) => each.repository?.full_name)) {
    const body = JSON.stringify(payload);
    const answer = await stranger.answer([...named(name), json, signature(await sign(secret, body))], body);
    expect('of another repository', name, answer, 202);
    const { event, ignored } = JSON.parse(answer.answer);
    assert.equal(event, null, name);
    assert.ok(ignored, name);
    ++foreign;
  }
}
assert.equal(await stranger.end(), 0);

// What the examples lack.
const example = (name, action) => structuredClone(
  examples.find((each) => each.name === name).examples.find((payload) => !action || payload.action === action));
const hello = new Probe('Codertocat/Hello-World');
const good = async (kind, payload, id) => {
  const body = JSON.stringify(payload);
  const headers = [['X-GitHub-Event', kind], ['X-GitHub-Delivery', id ?? `derived-${++deliveries}`], json,
    signature(await sign(secret, body))];
  const answer = await hello.answer(headers, body);
  assert.equal(answer.status, 202, answer.answer);
  return JSON.parse(answer.answer);
};
const push = example('push');
Object.assign(push, { ref: 'refs/heads/main', before: 'a'.repeat(40), after: 'b'.repeat(40), created: false, deleted: false });
assert.ok((await good('push', push, 'one')).event > 0, 'an ordinary push');
assert.ok((await good('push', push, 'one')).duplicate, 'the same delivery');
for (const answer of await Promise.all(Array.from({ length: 100 }, () => good('push', push, 'one'))))
  assert.deepEqual(answer, { event: null, duplicate: true });
assert.ok((await good('push', push, 'two')).duplicate, 'the same push under another id');
const fork = example('pull_request', 'opened');
fork.pull_request.head.repo.full_name = 'eve/Hello-World';
assert.equal((await good('pull_request', fork)).waits, true, 'of a fork');
fork.pull_request.head.repo = null;
fork.pull_request.head.sha = 'c'.repeat(40);
assert.equal((await good('pull_request', fork)).waits, true, 'of a fork that was deleted');
fork.pull_request.head.repo = structuredClone(fork.pull_request.base.repo);
fork.pull_request.number = fork.number = 3;
assert.equal((await good('pull_request', fork)).waits, undefined, 'of the repository itself');
for (const wrong of [7, null, [], {}, '', '-x', 'refs/heads/a..b', 'x'.repeat(2000)]) {
  const body = JSON.stringify({ ...push, ref: wrong === '-x' ? 'refs/heads/-x' : wrong });
  const headers = [...named('push'), json, signature(await sign(secret, body))];
  const { status } = await hello.answer(headers, body);
  assert.ok(status === 422 || (status === 202 && typeof wrong === 'string'), `ref ${JSON.stringify(wrong)}: ${status}`);
}

// A hook that does not exist answers as one whose secret is another, and as late.
const large = 'x'.repeat(1 << 20);
const median = async (path) => {
  const micros = [];
  for (let i = 0; i < 51; ++i) {
    const headers = [...named('push'), json, signature(`sha256=${'0'.repeat(64)}`)];
    const answer = await hello.answer(headers, large, path);
    assert.equal(answer.status, 401);
    micros.push(answer.micros);
  }
  return micros.sort((a, b) => a - b)[25];
};
const wrong_secret = await median('/hooks/github/corpus');
const no_hook = await median('/hooks/github/nobody');
assert.ok(no_hook > wrong_secret / 2 && no_hook < wrong_secret * 2, `${no_hook} and ${wrong_secret} us`);
assert.equal(await hello.end(), 2, 'the push, and what is of the repository itself');

assert.ok(await verify(secret, 'Hello, World!', `sha256=${createHmac('sha256', secret).update('Hello, World!').digest('hex')}`));
console.log(Object.entries(counts).map(([way, count]) => `  ${way}: ${count}`).join('\n'));
console.log(`${payloads} payloads of ${examples.length} events, ${started} pushes and pull requests of them, ${events} events to plan, in ` +
  `${repositories.size} queues; ${foreign} ignored as another repository's`);
console.log(`401 for 1 MiB: ${wrong_secret.toFixed(0)} us for a wrong secret, ${no_hook.toFixed(0)} us for no hook`);
console.log(`memory of the probe: ${Math.min(...resident)} to ${Math.max(...resident)} KiB`);
