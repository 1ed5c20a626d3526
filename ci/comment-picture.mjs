// The other side of ci/comment-picture. Reads what our comments are written in and no other Markdown: headings, paragraphs,
// lists, tables, code, bold, links, folded parts. What it does not know is an error, so that no picture shows a guess.
// usage: node comment-picture.mjs BROWSER MARKDOWN PNG
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [executablePath, markdown, picture] = process.argv.slice(2);

// Of text outside of code. Entities stay, since the comment has escaped itself.
const spans = (text) =>
  text
    .split(/(`+[^`]+`+)/)
    .map((part, at) =>
      at % 2 === 1
        ? `<code>${part.replace(/^`+|`+$/g, '').replace(/&/g, '&amp;').replace(/</g, '&lt;')}</code>`
        : part
            .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
            .replace(/\[([^\]]+)\]\((https:[^)\s]+)\)/g, '<a href="$2">$1</a>')
            .replace(/\\([\\`*_[\]~$#+.)-])/g, '$1'))
    .join('');

const cells = (line) => line.replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => spans(cell.trim().replaceAll('\\|', '|')));

function table(lines) {
  const [head, rule, ...rows] = lines;
  const right = rule.replace(/^\||\|$/g, '').split('|').map((cell) => cell.endsWith(':'));
  const row = (line, tag) =>
    `<tr>${cells(line).map((cell, at) => `<${tag}${right[at] ? ' class="right"' : ''}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((line) => row(line, 'td')).join('')}</tbody></table>`;
}

function list(lines) {
  let html = '<ul>';
  let isInner = false;
  for (const line of lines) {
    const [, indent, text] = /^( *)- (.*)$/.exec(line) ?? assert.fail(`no item: ${line}`);
    const wantsInner = indent.length > 0;
    if (wantsInner && !isInner) html += '<ul>';
    if (!wantsInner && isInner) html += '</ul>';
    isInner = wantsInner;
    html += `<li>${spans(text)}</li>`;
  }
  return html + (isInner ? '</ul></ul>' : '</ul>');
}

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

function page(text) {
  const html = [];
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines[0];
    const take = (isMore) => {
      const taken = [];
      while (lines.length > 0 && isMore(lines[0])) taken.push(lines.shift());
      return taken;
    };
    if (line === '' || /^<!-- .* -->$/.test(line)) {
      lines.shift();
    } else if (/^<details><summary>[^<]*<\/summary>$/.test(line) || line === '</details>') {
      html.push(lines.shift());
    } else if (line.startsWith('### ')) {
      html.push(`<h3>${spans(lines.shift().slice(4))}</h3>`);
    } else if (line.startsWith('```')) {
      const fence = /^`+/.exec(lines.shift())[0];
      html.push(`<pre>${take((each) => each !== fence).map(escaped).join('\n')}</pre>`);
      lines.shift();
    } else if (line.startsWith('|')) {
      html.push(table(take((each) => each.startsWith('|'))));
    } else if (/^ *- /.test(line)) {
      html.push(list(take((each) => /^ *- /.test(each))));
    } else {
      assert.ok(!line.startsWith('<') && !/^#{1,6} /.test(line), `not known: ${line}`);
      html.push(`<p>${spans(take((each) => each !== '').join(' '))}</p>`);
    }
  }
  return html.join('\n');
}

const style = `
  * { box-sizing: border-box; }
  body { margin: 0; padding: 16px; background: #fff; color: #1f2328; font: 14px/1.5 sans-serif; width: 900px; }
  .box { border: 1px solid #d1d9e0; border-radius: 6px; }
  .who { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; color: #59636e; }
  .who b { color: #1f2328; }
  .bot { border: 1px solid #d1d9e0; border-radius: 12px; padding: 0 7px; margin: 0 4px; font-size: 12px; }
  .text { padding: 16px; }
  .text > :first-child { margin-top: 0; }
  .text > :last-child { margin-bottom: 0; }
  h3 { font-size: 1.25em; margin: 0 0 16px; }
  p, ul, details, pre { margin: 0 0 16px; }
  ul ul { margin: 0; }
  ul { padding-left: 2em; }
  li + li { margin-top: .25em; }
  code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% monospace; }
  pre { background: #f6f8fa; border-radius: 6px; padding: 16px; font: 85%/1.45 monospace; }
  table { border-collapse: collapse; display: block; overflow: auto; }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; }
  .right { text-align: right; }
  a { color: #0969da; text-decoration: none; }
  summary { cursor: pointer; }`;
const comment = page(readFileSync(markdown, 'utf8'));
const asRoot = process.getuid?.() === 0;
const browser = await chromium.launch({ executablePath, args: asRoot ? ['--no-sandbox'] : [] });
const shown = await browser.newPage({ viewport: { width: 900, height: 600 }, javaScriptEnabled: false });
await shown.setContent(`<!doctype html><meta charset="utf-8"><style>${style}</style><div class="box">
  <div class="who"><b>github-actions</b> <span class="bot">bot</span> commented</div><div class="text">${comment}</div></div>`);
await shown.screenshot({ path: picture, fullPage: true });
await browser.close();
console.log(picture);
