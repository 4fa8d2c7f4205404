// One endpoint in a real browser, on LiveKit's own client as the UI has it. Runs on the client's side of a line: serves
// itself the page (on the loopback address, which is a secure context), and everything that the page says to the server
// goes through the line. Reads a line {"browser"}, then commands {"do": …} that the page carries out, each answered by
// {"event": "done"}; passes on what the page tells, until its input ends.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';

import { launch, run, tell } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';

const BUNDLE = '../../server/web/node_modules/livekit-client/dist/livekit-client.umd.js';
const FILES = {
  '/': ['text/html', 'endpoint/page.html'],
  '/livekit-client.js': ['text/javascript', BUNDLE],
  '/page.js': ['text/javascript', 'endpoint/page.js'],
  '/media.js': ['text/javascript', 'endpoint/media.js'],
  '/watch.js': ['text/javascript', 'endpoint/watch.js'],
};

/** How often the page is asked what there is to tell. */
const ASK_MS = 100;

async function serve() {
  const server = createServer(async (request, response) => {
    const [type, file] = FILES[request.url] ?? [];
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` });
    response.end(await readFile(new URL(file, import.meta.url)));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${server.address().port}/`;
}

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  const browser = wish.browser === 'firefox' ? await launchFirefox() : await launch();
  const page = await browser.newPage();
  // Connections that break are what some tests are about: Firefox calls each an error of the page.
  page.on('pageerror', (error) =>
    tell({ event: 'page_error', error: String(error).replace(/access_token=[^&\s]+/g, 'access_token=…') }),
  );
  await page.goto(await serve());
  tell({ event: 'opened' });

  const pass = async () => {
    for (const line of JSON.parse(await page.evaluate(() => window.told()))) tell(line);
  };
  let asking = Promise.resolve();
  const timer = setInterval(() => (asking = asking.then(pass).catch(() => {})), ASK_MS);
  for await (const line of input) {
    const command = JSON.parse(line);
    const answer = JSON.parse(await page.evaluate((command) => window.act(command), command));
    await (asking = asking.then(pass));
    tell({ event: 'done', do: command.do, ...answer });
  }
  clearInterval(timer);
  await browser.close();
});
