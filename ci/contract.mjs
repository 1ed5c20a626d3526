// What ci/github-contract and ci/publish-contract share: GitHub's description of its API, cut to what is asked, and Prism,
// which lets through what the description allows, in both directions, and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer as createSocket } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const startLimit = 120_000; // of Prism, ms
const resolve = createRequire(import.meta.url).resolve;

// The port that a server got, once it has it.
export const listening = (server) =>
  new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));

// The description with `paths` alone, and an example of it by name. What it leaves out is added: the media type that GitHub
// asks its clients to accept, and that somebody has to say who they are.
export function describe(paths) {
  const description = JSON.parse(readFileSync(resolve('@octokit/openapi/generated/api.github.com.json')));
  for (const path of Object.keys(description.paths)) if (!paths.includes(path)) delete description.paths[path];
  for (const path of paths) assert.ok(description.paths[path], `${path} is in the description`);
  const accept = (response) => {
    const content = response.content ?? {};
    if (content['application/json']) content['application/vnd.github+json'] = content['application/json'];
  };
  for (const path of Object.values(description.paths))
    for (const operation of Object.values(path)) Object.values(operation.responses ?? {}).forEach(accept);
  Object.values(description.components.responses).forEach(accept);
  description.components.securitySchemes = { bearer: { type: 'http', scheme: 'bearer' } };
  description.security = [{ bearer: [] }];
  delete description.webhooks;
  delete description['x-webhooks'];
  return { description, example: (name) => structuredClone(description.components.examples[name].value) };
}

// Prism on a port of its own, before what listens on the port `upstream`. `scratch`: where it reads the description.
export async function startPrism(description, upstream, scratch) {
  const slim = join(scratch, 'github.json');
  writeFileSync(slim, JSON.stringify(description));
  // It takes no port 0 and prints none.
  const probe = createSocket();
  const port = await listening(probe);
  await new Promise((done) => probe.close(done));
  const bin = join(resolve('@stoplight/prism-cli/package.json'), '..', 'dist', 'index.js');
  const prism = spawn(process.execPath,
    [bin, 'proxy', '-h', '127.0.0.1', '-p', String(port), '--errors', slim, `http://127.0.0.1:${upstream}`],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => prism.kill());
  await new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error('Prism did not start')), startLimit);
    prism.on('exit', () => fail(new Error('Prism has ended')));
    createInterface({ input: prism.stdout }).on('line', (line) => {
      if (!line.includes('Prism is listening')) return;
      clearTimeout(late);
      done();
    });
  });
  const stop = () => {
    prism.removeAllListeners('exit');
    prism.kill();
  };
  return { port, stop };
}
