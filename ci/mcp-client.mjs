// ci/mcp-client: a conversation through the SDK's own client, which checks messages against the protocol's schemas and
// structured results against the tools' output schemas. Arguments: the program, a state directory that does not exist.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [program, state] = process.argv.slice(2);
const transport = new StdioClientTransport({ command: program, args: ['mcp', '--state-dir', state] });
const client = new Client({ name: 'melisai-ci', version: '1' }, { capabilities: {} });
const problems = [];
client.onerror = (error) => problems.push(error);

let checks = 0;
async function check(what, body) {
  await body();
  console.log(`ok: ${what}`);
  ++checks;
}
const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);

await check('initialize', async () => {
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, 'melisai-gate');
  assert.ok(client.getServerCapabilities().tools);
});
await check('ping', () => client.ping());
await check('tools/list', async () => {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name),
    ['get_health', 'collect_metrics', 'explain_anomaly', 'list_anomalies', 'explain_run']);
  for (const tool of tools) assert.equal(tool.annotations.readOnlyHint, true);
});
await check('get_health', async () => {
  const result = await call('get_health', {});
  assert.ok(!result.isError);
  const { health_score: score, resources } = result.structuredContent;
  assert.equal(score === null, Object.keys(resources).length === 0);
  assert.match(result.content[0].text, /Health score/);
});
await check('collect_metrics', async () => {
  const result = await call('collect_metrics', { profile: 'quick', duration: '1s', pid: process.pid });
  assert.equal(JSON.parse(result.content[0].text).metadata.schema_version, '1.1.0');
});
await check('list_anomalies, and explain_anomaly of each', async () => {
  const { anomalies } = (await call('list_anomalies', {})).structuredContent;
  assert.equal(anomalies.length, 40);
  for (const { id } of anomalies)
    assert.ok((await call('explain_anomaly', { anomaly_id: id })).structuredContent.causes.length > 0);
});
await check('an error of a tool is a result', async () => {
  const result = await call('explain_run', { run: 'last' });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /no run is stored/);
});
await check('a wrong call is an error of the protocol', async () => {
  await assert.rejects(call('get_health', { other: 1 }), { code: -32602 });
  await assert.rejects(call('no_tool', {}), { code: -32602 });
  await assert.rejects(client.listResources(), /./);
});
await check('a ping overtakes a tool, which can be cancelled', async () => {
  const abort = new AbortController();
  const collecting = call('collect_metrics', { duration: '60s' }, { signal: abort.signal });
  await client.ping({ timeout: 10_000 });
  abort.abort('enough');
  await assert.rejects(collecting);
  assert.ok((await call('list_anomalies', {}, { timeout: 20_000 })).structuredContent);
});
await check('close', async () => {
  const { pid } = transport;
  const begun = Date.now();
  await client.close();
  assert.ok(Date.now() - begun < 1900, 'it ends when its input does, before anybody sends a signal');
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
assert.deepEqual(problems, []);
console.log(`${checks} checks passed`);
