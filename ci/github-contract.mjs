// ci/github-contract: forge_probe asks through Prism, which knows GitHub's description of its API, a GitHub that is made up
// here. Arguments: forge_probe, a directory to write to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { describe, listening, startPrism } from './contract.mjs';

const [program, scratch] = process.argv.slice(2);

// The two questions out of a thousand.
const paths = ['/repos/{owner}/{repo}', '/repos/{owner}/{repo}/collaborators/{username}/permission'];
const { description, example: value } = describe(paths);
const { user: octocat } = value('repository-collaborator-permission-response-if-user-has-admin-permissions');
const repository = value('full-repository-default-response');
// Its schema wants a language, which the example lacks.
for (const each of [repository, repository.parent, repository.source]) each.language ??= 'C++';

// The made-up GitHub: by login, what it says. The user is the description's example, with what the schema wants besides.
const user = (id, login, role_name) => ({ ...octocat, id, login, role_name });
const role = (permission, role_name, id = 7) => (login) =>
  ({ status: 200, body: { permission, role_name, user: user(id, login, role_name) } });
const people = {
  admin: role('admin', 'admin'), maintain: role('write', 'maintain'), write: role('write', 'write'),
  custom: role('write', 'release-managers'), triage: role('read', 'triage'), read: role('read', 'read'),
  none: role('none', 'none'), taken: role('admin', 'admin', 8), 'helper[bot]': role('write', 'write'),
  gone: () => ({ status: 200, body: { permission: 'none', role_name: 'none', user: null } }),
  nameless: () => ({ status: 200, body: { permission: 'write', role_name: 'write', user: null } }),
  roleless: (login) => ({ status: 200, body: { permission: 'write', user: user(7, login, 'write') } }),
};
const notFound = { status: 404, body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' } };
const asked = [];
const github = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  assert.equal(request.headers.accept, 'application/vnd.github+json');
  assert.equal(request.headers['x-github-api-version'], '2022-11-28');
  assert.equal(request.headers.authorization, 'Bearer t0ken');
  const [, owner, name, login] = /^\/repos\/([^/]+)\/([^/]+)(?:\/collaborators\/([^/]+)\/permission)?$/.exec(request.url) ?? [];
  let answer = notFound;
  if (owner === 'team' && name === 'demo')
    answer = login ? people[decodeURIComponent(login)]?.(decodeURIComponent(login)) ?? notFound : { status: 200, body: repository };
  response.writeHead(answer.status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(answer.body));
});
const upstream = await listening(github);
const prism = await startPrism(description, upstream, scratch);

async function ask(login, { id = 7, name = 'team/demo', token = 't0ken' } = {}) {
  asked.length = 0;
  const child = spawn(program, [`http://127.0.0.1:${prism.port}`, name, String(id), login], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(token);
  let out = '';
  child.stdout.on('data', (part) => { out += part; });
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 0);
  return JSON.parse(out);
}

const question = (login, name = 'team/demo') => `GET /repos/${name}/collaborators/${login}/permission`;
const expected = {
  admin: true, maintain: true, write: true, custom: true, triage: false, read: false, none: false, taken: false, gone: false,
};
for (const [login, may] of Object.entries(expected)) {
  assert.deepEqual(await ask(login), { may }, login);
  assert.deepEqual(asked, [question(login)]); // Prism let it through, and nothing else was asked
}
assert.deepEqual(await ask('helper[bot]'), { may: true });
assert.deepEqual(asked, [question('helper%5Bbot%5D')]);
assert.deepEqual(await ask('stranger'), { may: false });
assert.deepEqual(asked, [question('stranger'), 'GET /repos/team/demo']);

const unseen = await ask('admin', { name: 'team/secret' });
assert.equal(unseen.error, 'config', unseen.message);
assert.deepEqual(asked, [question('admin', 'team/secret'), 'GET /repos/team/secret']);
const nameless = await ask('nameless');
assert.equal(nameless.error, 'parse', nameless.message);
const stranger = await ask('../../../user');
assert.equal(stranger.error, 'parse', stranger.message);
assert.deepEqual(asked, []);

// That Prism looks at all: nobody's token, and an answer that GitHub does not give.
const unknown = await ask('admin', { token: '' });
assert.equal(unknown.error, 'config', unknown.message);
assert.match(unknown.message, /does not accept the token/);
assert.deepEqual(asked, []);
const roleless = await ask('roleless');
assert.equal(roleless.error, 'unavailable', roleless.message);
assert.match(roleless.message, /status 500/);

console.log(`${Object.keys(expected).length + 7} questions by ${description.info.title} ${description.info.version}: all right`);
github.close();
prism.stop();
process.exit(0);
