// How long joining takes: the same page goes into the room and out of it again, and tells each time the milliseconds
// from the press on Join to the first decoded frame of somebody else.

import { createInterface } from 'node:readline/promises';

import { launch, open, run, signIn, tell } from './chromium.mjs';
import { enterTimed, leave, prepare } from './room.mjs';

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  const browser = await launch();
  const { page } = await open(browser, wish.base);
  await signIn(page, wish.username, wish.password);
  for (let join = 0; join < wish.joins; join += 1) {
    await prepare(page, wish.session, wish.path);
    tell({ event: 'joined', ms: await enterTimed(page) });
    await leave(page);
  }
  await browser.close();
});
