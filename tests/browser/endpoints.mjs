// Endpoints of one session in a real browser, joined through the UI. Reads one line: where, which session, which join
// path, who; then tells of each page twice a second what it receives and by which way, until its input ends. A line
// {"page", "do"} presses something. With "relay": {"transport", "key"} nothing goes but through TURN.

import { createInterface } from 'node:readline/promises';

import { counts, darken, launch, open, run, signIn, tell } from './chromium.mjs';
import { routes, throughRelay, trusting } from './relay.mjs';
import { advice, enter, leave, prepare, press } from './room.mjs';

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  const browsers = new Map();
  const pages = [];

  for (const [number, who] of wish.pages.entries()) {
    const more = wish.relay ? [trusting(wish.relay.key)] : [];
    if (!browsers.has(who.devices)) browsers.set(who.devices, await launch({ devices: who.devices, more }));
    const opened = await open(browsers.get(who.devices), wish.base);
    if (wish.relay) await opened.context.addInitScript(throughRelay, wish.relay.transport);
    pages.push(opened);
    await signIn(opened.page, who.username, who.password);
    await prepare(opened.page, wish.session, wish.path);
    if (!who.devices) {
      await advice(opened.page);
      tell({ event: 'told_what_to_do', page: number });
    }
    if (who.dark) await darken(opened.page);
    await enter(opened.page);
    tell({ event: 'joined', page: number });
  }
  tell({ event: 'all_joined' });

  const timer = setInterval(async () => {
    for (const [number, { page }] of pages.entries()) {
      if (page.isClosed()) continue;
      try {
        tell({ page: number, tracks: await counts(page), routes: await routes(page) });
      } catch {
        // The page is between two documents: it tells the next time.
      }
    }
  }, 500);

  for await (const line of input) {
    const { page: number, do: what } = JSON.parse(line);
    await (what === 'leave' ? leave(pages[number].page) : press(pages[number].page, what));
    tell({ event: 'done', page: number, do: what });
  }
  clearInterval(timer);

  for (const { outside, errors } of pages) {
    if (outside.length > 0) throw new Error(`requests left the server: ${outside.join(' ')}`);
    if (errors.length > 0) throw new Error(`the page threw: ${errors.join(' | ')}`);
  }
  for (const browser of browsers.values()) await browser.close();
});
