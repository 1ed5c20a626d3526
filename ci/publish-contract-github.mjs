// A made-up GitHub that remembers comments, check runs and statuses of team/demo. Its answers are the examples of GitHub's
// description with what was said in them, so that they have every field that Prism asks for.
import { createServer } from 'node:http';

const perPage = (url) => Number(url.searchParams.get('per_page') ?? 30);

export function makeGithub(examples, publicUrl) {
  const state = { comments: [], checks: [], statuses: [], pulls: [], head: '', user: 'person', requests: [], nextId: 1000 };
  const person = { ...examples.user, id: 7, login: 'gate-person', type: 'User' };
  const bot = { ...examples.user, id: 41898282, login: 'github-actions[bot]', type: 'Bot' };
  const self = () => (state.user === 'bot' ? bot : person);
  const comment = (body, user) => ({ ...examples.comment, id: state.nextId++, body, user });
  state.commentBy = (login, body, type = 'User') =>
    state.comments.push(comment(body, { ...examples.user, id: 666, login, type }));
  state.ownComment = (body) => state.comments.push(comment(body, self()));
  const problem = (status, message) => ({ status, body: { message, documentation_url: 'https://docs.github.com/rest' } });
  const shown = (check) => {
    const { annotations = [], ...output } = check.output;
    return { ...check, output: { text: null, annotations_url: 'https://api.github.com/x', ...output,
      annotations_count: annotations.length } };
  };

  const page = (url, all) => {
    const number = Number(url.searchParams.get('page') ?? 1);
    const size = perPage(url);
    const headers = {};
    if (all.length > number * size) {
      const next = new URL(url.pathname + url.search, publicUrl());
      next.searchParams.set('page', String(number + 1));
      const first = new URL(next);
      first.searchParams.set('page', '1');
      headers.Link = `<${first}>; rel="first", <${next}>; rel="next"`;
    }
    return { status: 200, headers, body: all.slice((number - 1) * size, number * size) };
  };

  function answer(method, url, body) {
    const path = url.pathname.replace('/repos/team/demo', '');
    const id = Number(path.split('/').at(-1));
    const at = `${method} ${path}`;
    if (at === 'GET /user')
      return state.user === 'bot' ? problem(403, 'Resource not accessible by integration')
        : { status: 200, body: { ...examples.self, id: 7, login: 'gate-person', type: 'User' } };
    if (at === 'GET /pulls/7')
      return { status: 200, body: { ...examples.pull, number: 7, head: { ...examples.pull.head, sha: state.head } } };
    if (at === 'GET /pulls') return page(url, state.pulls);
    if (at === 'GET /issues/7/comments') return page(url, state.comments);
    if (at === 'POST /issues/7/comments') {
      if (body.body.length > 65536) return problem(422, 'Validation Failed');
      state.comments.push(comment(body.body, self()));
      return { status: 201, body: state.comments.at(-1) };
    }
    if (method === 'PATCH' && path.startsWith('/issues/comments/')) {
      const found = state.comments.find((each) => each.id === id);
      if (!found) return problem(404, 'Not Found');
      found.body = body.body;
      return { status: 200, body: found };
    }
    if (at === 'POST /check-runs') {
      state.checks.push({ ...examples.check, id: state.nextId++, ...body });
      return { status: 201, body: shown(state.checks.at(-1)) };
    }
    if (path.startsWith('/check-runs/')) {
      const found = state.checks.find((each) => each.id === id);
      if (!found) return problem(404, 'Not Found');
      if (method === 'PATCH') {
        const annotations = [...(found.output.annotations ?? []), ...(body.output.annotations ?? [])];
        found.output = { ...found.output, ...body.output, annotations };
      }
      return { status: 200, body: shown(found) };
    }
    if (method === 'GET' && /^\/commits\/[0-9a-f]{40}\/check-runs$/.test(path))
      return { status: 200, body: { total_count: state.checks.length, check_runs: state.checks.map(shown) } };
    if (method === 'POST' && path.startsWith('/statuses/')) {
      if ((body.description ?? '').length > 140) return problem(422, 'description is too long');
      state.statuses.push(body);
      return { status: 201, body: { ...examples.status, ...body } };
    }
    return problem(404, 'Not Found');
  }

  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      const url = new URL(request.url, 'http://localhost');
      state.requests.push(`${request.method} ${request.url}`);
      const { status, body, headers = {} } = answer(request.method, url, text === '' ? {} : JSON.parse(text));
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
      response.end(JSON.stringify(body));
    });
  });
  return { state, server };
}
