// The other side of ci/web-test: opens pages in Chromium and looks at them.
// usage: node web-test.mjs BROWSER PAGES SCREENSHOTS
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, pages, screenshots] = process.argv.slice(2);
const asRoot = process.getuid?.() === 0;
const browser = await chromium.launch({ executablePath, args: asRoot ? ['--no-sandbox'] : [] });

let failures = 0;
async function check(name, body) {
  try {
    const remark = await body();
    console.log(`ok      ${name}${remark ? `: ${remark}` : ''}`);
  } catch (error) {
    ++failures;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

// A page with everything that it says and asks for. Whatever it does unasked fails the check.
async function open(file, options = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(`${pages}/${file}`).href;
  const told = [];
  page.on('console', (message) => told.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => told.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    told.push('a dialog');
    void dialog.dismiss();
  });
  context.on('page', () => told.push('another page'));
  page.on('request', (request) => {
    const asked = request.url();
    const isOwn = asked.split('#')[0] === url || /^(data|blob):/.test(asked);
    if (!isOwn) told.push(`request: ${asked}`);
  });
  if (options.javaScriptEnabled !== false)
    await page.exposeFunction('pwned', () => told.push('hostile text ran'));
  await page.goto(url);
  const close = async () => {
    await page.waitForTimeout(50);
    assert.deepEqual(told, []);
    assert.equal(page.url().split('#')[0], url, 'the page went elsewhere');
    await context.close();
  };
  return { page, close };
}

// How many pixels of a screenshot are (nearly) of a colour. Asked in a page of its own, because the
// report's policy would refuse.
const blank = await (await browser.newContext()).newPage();
async function countPixels(png, colour) {
  return blank.evaluate(
    async ([data, [red, green, blue]]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const drawing = canvas.getContext('2d');
      drawing.drawImage(image, 0, 0);
      const bytes = drawing.getImageData(0, 0, image.width, image.height).data;
      let count = 0;
      for (let at = 0; at < bytes.length; at += 4)
        if (
          Math.abs(bytes[at] - red) + Math.abs(bytes[at + 1] - green) + Math.abs(bytes[at + 2] - blue) < 24
        )
          ++count;
      return count;
    },
    [png.toString('base64'), colour],
  );
}

const base = [0x2f, 0x6f, 0xb3];
const head = [0xc4, 0x57, 0x0c];
const kindsOfPages = readdirSync(pages).filter((name) => name.endsWith('.html'));

for (const name of kindsOfPages.filter((each) => !each.startsWith('hostile')))
  await check(`${name} is quiet`, async () => {
    const { page, close } = await open(name);
    assert.match(await page.locator('h1').innerText(), /^.? ?(PASS|REGRESSION|INCONCLUSIVE|ERROR)/u);
    await page.screenshot({ path: `${screenshots}/${name.replace('.html', '.png')}` });
    await close();
  });

for (const name of kindsOfPages.filter((each) => each.startsWith('hostile')))
  await check(`${name} stays text`, async () => {
    const { page, close } = await open(name);
    for (const button of await page.locator('.show-plots').all()) if (await button.isVisible()) await button.click();
    for (const plot of await page.locator('svg.plot').all()) if (await plot.isVisible()) await plot.hover();
    await page.locator('input[type=search]').first().fill('pwned()');
    for (let i = 0; i < 15; ++i) await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      return {
        foreign: all.filter((each) => /^(iframe|object|embed|base|link|form|template)$/i.test(each.tagName)).length,
        handlers: all.flatMap((each) => each.getAttributeNames()).filter((each) => /^on/i.test(each)),
        styled: all.filter((each) => each.hasAttribute('style')).length,
        scripts: document.scripts.length,
        links: [...document.links].map((each) => each.getAttribute('href')).filter((each) => !/^(#|flame\/)/.test(each)),
        images: [...document.images].map((each) => each.src).filter((each) => !each.startsWith('data:image/svg+xml;base64,')),
        // Not of the data, where texts are what they were.
        hidden: /[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
        refreshes: document.querySelectorAll('meta[http-equiv=refresh]').length,
      };
    });
    assert.deepEqual(found, {
      foreign: 0,
      handlers: [],
      styled: 0,
      scripts: 3,
      links: [],
      images: [],
      hidden: false,
      refreshes: 0,
    });
    await close();
  });

await check('plots are drawn', async () => {
  const { page, close } = await open('plots.html', { viewport: { width: 1200, height: 900 } });
  const finding = page.locator('.finding').first();
  assert.equal(await finding.locator('svg.plot').count(), 2);
  const [pairs, values] = [await finding.locator('svg.plot').nth(0).screenshot(), await finding.locator('svg.plot').nth(1).screenshot()];
  const dots = await countPixels(pairs, head);
  const band = await countPixels(pairs, [0xeb, 0xe3, 0xfa]);
  const boxes = [await countPixels(values, base), await countPixels(values, head)];
  assert.ok(dots > 100 && band > 1000, `${dots} pixels of pairs, ${band} of the interval`);
  assert.ok(boxes[0] > 100 && boxes[1] > 100, `${boxes} pixels of values`);
  const history = await page.locator('#history-plots svg').screenshot();
  assert.ok((await countPixels(history, head)) > 100, 'no history');
  const flame = await page.locator('figure img').first().screenshot();
  assert.ok((await countPixels(flame, [0xeb, 0x78, 0x28])) > 1000, 'no flame graph');
  await page.screenshot({ path: `${screenshots}/plots-whole.png`, fullPage: true });
  await close();
});

await check('dark follows the system', async () => {
  const { page, close } = await open('plots.html', { colorScheme: 'dark' });
  const [paper, ink] = await page.evaluate(() => {
    const style = getComputedStyle(document.body);
    return [style.backgroundColor, style.color].map((each) =>
      each.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0),
    );
  });
  assert.ok(paper < 150 && ink > 600, `paper ${paper}, ink ${ink}`);
  await page.screenshot({ path: `${screenshots}/plots-dark.png`, fullPage: true });
  await close();
});

await check('a phone needs no sideways scrolling', async () => {
  for (const file of ['plots.html', 'remarks.html', 'mixed.html', 'hostile-7.html']) {
    const { page, close } = await open(file, { viewport: { width: 360, height: 740 } });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${file} is ${width} pixels wide`);
    if (file === 'plots.html') await page.screenshot({ path: `${screenshots}/plots-phone.png`, fullPage: true });
    await close();
  }
});

await check('the keyboard reaches everything', async () => {
  const { page, close } = await open('plots.html');
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return {
        name: at.tagName.toLowerCase() + (at.className.baseVal ?? at.className ? `.${at.className.baseVal ?? at.className}` : ''),
        type: at.getAttribute('type'),
        visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
      };
    });
  const tabTo = async (wanted) => {
    for (let i = 0; i < 80; ++i) {
      await page.keyboard.press('Tab');
      const at = await focused();
      assert.ok(at.visible, `focus on ${at.name} cannot be seen`);
      if (wanted(at)) return;
    }
    assert.fail(`Tab never comes to ${wanted}`);
  };
  await page.keyboard.press('Tab');
  assert.equal((await focused()).name, 'a.skip');
  await page.keyboard.press('Enter');
  assert.match(page.url(), /#findings$/);
  await tabTo((at) => at.name === 'svg.plot');
  const said = page.locator('.finding .said').first();
  await page.keyboard.press('ArrowRight');
  assert.match(await said.innerText(), /^Pair 1: /);
  await page.keyboard.press('End');
  assert.match(await said.innerText(), /^Pair 12: /);
  await tabTo((at) => at.type === 'search');
  await page.keyboard.type('peak_rss');
  assert.equal(await page.locator('table.paged').first().locator('tbody tr:visible').count(), 1);
  await tabTo((at) => at.name === 'button.show-plots');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('tr.plots-row svg.plot').count(), 2);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('tr.plots-row').count(), 0);
  await tabTo((at) => at.name === 'summary');
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('details[open]').count());
  await close();
});

await check('a thousand benchmarks are fluid', async () => {
  const before = Date.now();
  const { page, close } = await open('many.html');
  const opened = Date.now() - before;
  const rows = page.locator('table.paged').first().locator('tbody tr:visible');
  assert.equal(await rows.count(), 50);
  assert.match(await page.locator('.count').first().innerText(), /^1 to 50 of 1004$/);
  // From what a person does to the second frame after it.
  const took = await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [];
    const time = async (act) => {
      const start = performance.now();
      act();
      await frame();
      await frame();
      times.push(performance.now() - start);
    };
    const search = document.querySelector('input[type=search]');
    const [word, order] = document.querySelectorAll('.controls select');
    for (const text of ['c', 'case9', 'case99', '', 'suite1 cpu'])
      await time(() => {
        search.value = text;
        search.dispatchEvent(new Event('input'));
      });
    search.value = '';
    search.dispatchEvent(new Event('input'));
    for (const value of ['name', 'change', 'importance'])
      await time(() => {
        order.value = value;
        order.dispatchEvent(new Event('change'));
      });
    await time(() => {
      word.value = 'regressed';
      word.dispatchEvent(new Event('change'));
    });
    await time(() => {
      word.value = '';
      word.dispatchEvent(new Event('change'));
    });
    for (const button of [1, 1, 0]) await time(() => document.querySelectorAll('.pages button')[button].click());
    return times;
  });
  assert.ok(opened < 10_000, `${opened} ms until it was open`);
  const slowest = Math.max(...took);
  assert.ok(slowest < 1_000, `${slowest} ms for one action`);
  await page.locator('input[type=search]').first().fill('case99');
  assert.equal(await rows.count(), 11);
  await page.locator('input[type=search]').first().fill('no such thing');
  assert.match(await page.locator('.count').first().innerText(), /^0 to 0 of 0 \(1004 in all\)$/);
  // A row that is on no shown page is reached by its address.
  await page.evaluate(() => (location.hash = '#row-1200'));
  await page.waitForTimeout(100);
  assert.ok(await page.locator('#row-1200').isVisible());
  await close();
  return `open after ${opened} ms, slowest action ${Math.round(slowest)} ms`;
});

await check('everything is said without JavaScript', async () => {
  const { page, close } = await open('plots.html', { javaScriptEnabled: false });
  const text = await page.locator('body').innerText();
  for (const part of ['REGRESSION', '+50.0 %', '+5.1 % (+3.0 to +7.0 %)', 'hold the lock for less time', 'Example CPU'])
    assert.ok(text.includes(part), `'${part}' is not there`);
  const heading = await page.locator('h1').boundingBox();
  assert.ok(heading.y < 200, 'the verdict is not at the top');
  await close();
  const many = await open('many.html', { javaScriptEnabled: false });
  assert.equal(await many.page.locator('table.paged').first().locator('tbody tr').count(), 1004);
  await many.close();
});

await check('downloads are the data', async () => {
  const { page, close } = await open('plots.html');
  const take = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(`Download ${name}`).click()]);
    assert.equal(download.suggestedFilename(), name);
    return readFileSync(await download.path(), 'utf8');
  };
  const report = JSON.parse(await take('report.json'));
  assert.equal(report.verdict, 'regression');
  const pairs = (await take('pairs.csv')).trim().split('\n');
  assert.equal(pairs[0], 'benchmark,metric,unit,pair,base,head,change,first,disturbed');
  assert.equal(pairs.length, 1 + 6 * 12);
  await close();
});

await check('it prints', async () => {
  const { page, close } = await open('many.html');
  const pdf = await page.pdf({ path: `${screenshots}/many.pdf` });
  assert.ok(pdf.length > 50_000, `${pdf.length} bytes`);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('nav').isVisible(), false);
  assert.equal(await page.locator('.controls').first().isVisible(), false);
  await close();
});

await browser.close();
console.log(failures === 0 ? `screenshots: ${screenshots}` : `${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
