// ci/publish-contract: `melisai-gate publish` -> a proxy that fails as it is told -> Prism, which knows GitHub's description
// of its API -> a GitHub that is made up (publish-contract-github.mjs). Arguments: melisai-gate, tests/golden, a directory.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as makeRequest } from 'node:http';
import { join } from 'node:path';
import { describe, listening, startPrism } from './contract.mjs';
import { makeGithub } from './publish-contract-github.mjs';

const [program, golden, scratch] = process.argv.slice(2);
const token = 'ghs_canary0123456789';
const sha = '2'.repeat(40); // head of the golden reports

// What publish asks, out of a thousand.
const repo = '/repos/{owner}/{repo}';
const paths = ['/user', `${repo}/pulls`, `${repo}/pulls/{pull_number}`, `${repo}/issues/{issue_number}/comments`,
  `${repo}/issues/comments/{comment_id}`, `${repo}/check-runs`, `${repo}/check-runs/{check_run_id}`,
  `${repo}/commits/{ref}/check-runs`, `${repo}/statuses/{sha}`];
const { description, example: value } = describe(paths);
const examples = {
  user: value('issue-comment').user, comment: value('issue-comment'), check: value('check-run'),
  status: value('status'), pull: value('pull-request'), simplePull: value('pull-request-simple-items')[0],
  self: value('private-user-response-with-public-and-private-profile-information'),
};
// Their schemas want languages, and types of teams, which the examples lack.
for (const each of [examples.pull, examples.simplePull]) {
  for (const side of [each.head, each.base]) side.repo.language ??= 'C++';
  each.requested_teams = [];
}

let front; // port of the proxy
const { state, server: github } = makeGithub(examples, () => `http://127.0.0.1:${front}`);
const upstream = await listening(github);
const prism = await startPrism(description, upstream, scratch);

// The proxy: `faults` are used up one after the other. `then`: what the forge does all the same, 'forward' or 'nothing'.
let faults = [];
const seen = []; // requests of the program with their status
const proxy = createServer((incoming, outgoing) => {
  const parts = [];
  incoming.on('data', (part) => parts.push(part));
  incoming.on('end', () => {
    const what = `${incoming.method} ${incoming.url}`;
    const at = faults.findIndex((each) => what.startsWith(each.on));
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0];
    fault?.also?.();
    const fail = () => {
      if (fault.how === 'hang') return; // half open: it took the request, and says nothing for ever
      if (fault.how === 'cut') { incoming.socket.destroy(); return; }
      outgoing.writeHead(fault.status, { 'Content-Type': 'application/json', ...fault.headers });
      outgoing.end(JSON.stringify({ message: fault.message ?? 'as told' }));
    };
    if (fault && fault.then !== 'forward') { fail(); return; }
    const { host, ...headers } = incoming.headers;
    const passed = makeRequest({ port: prism.port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers }, (answer) => {
      if (fault) { answer.resume(); answer.on('end', fail); return; }
      seen.push([what, answer.statusCode]);
      const { connection, 'transfer-encoding': encoding, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode, rest);
      answer.pipe(outgoing);
      if (answer.statusCode === 500) answer.on('data', (part) => console.error(`${what}: ${part}`)); // what Prism minds
    });
    passed.end(Buffer.concat(parts));
  });
});
front = await listening(proxy);

const report = JSON.parse(readFileSync(join(golden, 'report', 'regression.json')));
const artifact = join(scratch, 'artifact');
mkdirSync(artifact);
const writeReport = (change = () => {}) => {
  const copy = structuredClone(report);
  change(copy);
  writeFileSync(join(artifact, 'report.json'), JSON.stringify(copy));
};

async function publish(more = [], env = {}) {
  seen.length = 0;
  const started = performance.now();
  const child = spawn(program, ['publish', '--from', artifact, '--repository', 'team/demo', '--sha', sha, '--pr', '7',
    '--api', `http://127.0.0.1:${front}`, '--allow-private', ...more],
  { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: scratch, GITHUB_TOKEN: token, ...env } });
  let out = '';
  child.stdout.on('data', (part) => { out += part; });
  child.stderr.on('data', (part) => { out += part; });
  const code = await new Promise((done) => child.on('close', done));
  assert.ok(!out.includes(token), 'the token is in no message');
  return { code, out, ms: performance.now() - started };
}
const reset = () => { Object.assign(state, { comments: [], checks: [], statuses: [], head: sha, user: 'person' }); faults = []; };
let cases = 0;
async function scenario(name, body) {
  reset();
  writeReport();
  await body();
  assert.equal(faults.length, 0, `${name}: every fault was met`);
  for (const [what, status] of seen) assert.notEqual(status, 500, `${name}: ${what} is as GitHub describes it`);
  cases += 1;
}
const all = '/repos/team/demo';
const marker = '<!-- melisai-gate:default -->';
const done = (result) => assert.equal(result.code, 0, result.out);

await scenario('first', async () => {
  const result = await publish();
  done(result);
  assert.equal(state.comments[0].body, readFileSync(join(golden, 'comment', 'regression.md'), 'utf8'));
  assert.equal(state.checks[0].conclusion, 'failure');
});

for (const user of ['person', 'bot'])
  await scenario(`third page as ${user}`, async () => {
    state.user = user;
    for (let i = 0; i < 110; ++i) state.commentBy('octocat', i === 3 ? `${marker}\n### PASS` : 'hello');
    state.ownComment(`${marker}\nold`);
    for (let i = 0; i < 30; ++i) state.commentBy('octocat', 'later');
    done(await publish());
    assert.equal(state.comments.length, 141);
    assert.match(state.comments[110].body, /### REGRESSION/);
    assert.equal(seen.filter(([what]) => what.includes('/issues/7/comments')).length, 3);
    const again = await publish();
    done(again);
    assert.match(again.out, /says so already/);
  });

await scenario('120 annotations', async () => {
  writeReport((copy) => { copy.evidence = Array(120).fill(copy.evidence[0]); });
  faults = [{ on: `PATCH ${all}/check-runs/`, how: 'cut', then: 'forward' }];
  done(await publish());
  assert.equal(state.checks.length, 1);
  assert.equal(state.checks[0].output.annotations.length, 120);
});

await scenario('401', async () => {
  faults = [{ on: `POST ${all}/check-runs`, status: 401 }, { on: `GET ${all}/pulls/7`, status: 401 }];
  const result = await publish();
  assert.equal(result.code, 2, result.out);
  assert.match(result.out, /does not accept the token/);
});

await scenario('403', async () => {
  faults = [{ on: `POST ${all}/check-runs`, status: 403, message: 'Resource not accessible by integration' }];
  done(await publish());
  assert.equal(state.statuses[0].state, 'failure');
  assert.equal(state.statuses[0].context, 'melisai-gate');
});

for (const status of [404, 410])
  await scenario(String(status), async () => {
    state.ownComment(`${marker}\nold`);
    faults = [{ on: `PATCH ${all}/issues/comments/`, status, also: () => { state.comments = []; } }];
    done(await publish());
    assert.equal(state.comments.length, 1);
    assert.match(state.comments[0].body, /### REGRESSION/);
  });

await scenario('422', async () => {
  faults = [{ on: `POST ${all}/check-runs`, status: 422 }];
  const result = await publish();
  done(result);
  assert.match(result.out, /without annotations/);
  assert.deepEqual(state.checks[0].output.annotations, []);
});

await scenario('429 and a secondary limit', async () => {
  faults = [{ on: `POST ${all}/check-runs`, status: 429, headers: { 'Retry-After': '1' } },
    { on: `POST ${all}/issues/7/comments`, status: 403, headers: { 'Retry-After': '1' } }];
  const result = await publish();
  done(result);
  assert.ok(result.ms >= 2000, 'it waited');
  assert.equal(state.comments.length, 1);
});

await scenario('too long a wait', async () => {
  faults = [{ on: `POST ${all}/check-runs`, status: 429, headers: { 'Retry-After': '3600' } }];
  const result = await publish(['--deadline', '20s']);
  assert.equal(result.code, 4, result.out);
  assert.ok(result.ms < 10_000);
  assert.equal(state.comments.length, 1);
});

await scenario('5xx', async () => {
  faults = [502, 503, 500].map((status, i) => ({ on: ['GET /user', `GET ${all}/pulls/7`, `GET ${all}/issues/7`][i], status }));
  done(await publish());
  assert.equal(state.comments.length, 1);
});

for (const how of ['cut', 'hang'])
  await scenario(`answer lost: ${how}`, async () => {
    faults = [{ on: `POST ${all}/issues/7/comments`, how, then: 'forward' },
      { on: `POST ${all}/check-runs`, how: 'cut', then: 'forward' }];
    done(await publish());
    assert.equal(state.comments.length, 1);
    assert.equal(state.checks.length, 1);
  });

await scenario('half open', async () => {
  faults = [{ on: `POST ${all}/check-runs`, how: 'hang' }];
  const result = await publish(['--deadline', '3s']);
  assert.equal(result.code, 4, result.out);
  assert.ok(result.ms < 10_000, `${result.ms} ms`);
});

await scenario('a redirect', async () => {
  const followed = [];
  const elsewhere = createServer((request, response) => { followed.push(request.headers); response.end('{}'); });
  const other = await listening(elsewhere);
  faults = [{ on: `POST ${all}/check-runs`, status: 307, headers: { Location: `http://127.0.0.1:${other}/` } }];
  const result = await publish();
  assert.equal(result.code, 2, result.out);
  assert.deepEqual(followed, []);
  elsewhere.close();
});

await scenario('the pull request of a fork', async () => {
  const pull = (number, at, full_name) => ({ ...examples.simplePull, number, state: 'open',
    head: { ...examples.simplePull.head, ref: 'feature', sha: at, repo: { ...examples.simplePull.head.repo, full_name } } });
  state.pulls = [pull(6, '9'.repeat(40), 'mona/demo'), pull(7, sha, 'mona/demo'), pull(8, sha, 'eve/demo')];
  const event = join(scratch, 'event.json');
  writeFileSync(event, JSON.stringify({ repository: { full_name: 'team/demo' }, workflow_run: { event: 'pull_request',
    head_sha: sha, head_branch: 'feature', pull_requests: [], html_url: 'https://github.com/team/demo/actions/runs/5',
    head_repository: { full_name: 'mona/demo', owner: { login: 'mona' } } } }));
  const child = spawn(program, ['publish', '--from', artifact, '--allow-private'], { stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: scratch, GITHUB_TOKEN: token, GITHUB_EVENT_PATH: event,
      GITHUB_API_URL: `http://127.0.0.1:${front}` } });
  assert.equal(await new Promise((end) => child.on('close', end)), 0);
  assert.equal(state.comments.length, 1);
  assert.equal(state.checks[0].details_url, 'https://github.com/team/demo/actions/runs/5');
});

// Without Prism, whose checks cost more than what is measured.
reset();
const quick = await publish(['--api', `http://127.0.0.1:${upstream}`]);
done(quick);
console.log(`comment and check run after ${Math.round(quick.ms)} ms`);

// That Prism looks at all.
const bad = await fetch(`http://127.0.0.1:${front}${all}/check-runs`, { method: 'POST',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/vnd.github+json' },
  body: JSON.stringify({ name: 'x', head_sha: sha, status: 'completed', conclusion: 'wonderful' }) });
assert.equal(bad.status, 422);

console.log(`${cases} publications by ${description.info.title} ${description.info.version}: all right`);
prism.stop();
process.exit(0);
