// Every page of the UI in both languages: opens it, looks for what assistive technology would stumble over, counts
// what it loads, and takes its picture where a folder is given. Reads one line: where, who, which sessions.

import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { launch, open, run, signIn, tell } from './chromium.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const SIZES = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

/** Bytes over the wire of a first visit with an empty cache. The room carries the LiveKit client. */
const BUDGET_BYTES = { login: 160_000, calendar: 260_000, room: 480_000 };

/** The pages, by the name of their picture. `live`, `ended`, `scheduled` are sessions in that state. */
const pages = ({ live, ended, scheduled }) => ({
  calendar: '/calendar',
  sessions: '/sessions',
  booking: '/sessions/new',
  session: `/sessions/${scheduled}`,
  'session-live': `/sessions/${live}`,
  'session-ended': `/sessions/${ended}`,
  edit: `/sessions/${scheduled}/edit`,
  room: `/sessions/${live}/room`,
  attendance: `/sessions/${live}/attendance`,
  board: `/sessions/${live}/board`,
  rollcall: `/sessions/${live}/rollcall`,
  ledger: `/sessions/${ended}/ledger`,
  reports: '/reports',
  units: '/directory/units',
  endpoints: '/directory/endpoints',
  rooms: '/directory/rooms',
  people: '/directory/people',
  accounts: '/accounts',
  audit: '/audit',
  system: '/system',
  password: '/password',
});

/** The page has loaded: its heading is there and nothing is on its way any more. */
async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('load');
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  await page.evaluate(() => document.fonts.ready);
}

/** What axe finds, in a form that names the page and the element. */
async function violations(page, name) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), RULES);
  return found.map(({ id, help, nodes }) => `${name}: ${id} (${help}): ${nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** Bytes that a page brought over the wire in an empty browser. */
const weight = (page) =>
  page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
      (sum, entry) => sum + entry.transferSize,
      0,
    ),
  );

async function visit(browser, wish, language, viewport, faults) {
  const { page, context, outside, errors } = await open(browser, wish.base, { language, viewport });
  await context.addInitScript((code) => localStorage.setItem('giaoban.language', code), language);
  const tag = `${language}-${viewport.width}`;
  const look = async (name) => {
    await settled(page);
    const lang = await page.locator('html').getAttribute('lang');
    if (lang !== language) faults.push(`${name}: the page is in ${lang}, not in ${language}`);
    if ((await page.locator('h1').count()) !== 1) faults.push(`${name}: not exactly one h1`);
    if ((await page.locator('main').count()) !== 1) faults.push(`${name}: not exactly one main`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) faults.push(`${name} ${tag}: ${wide} px wider than the screen`);
    if (viewport === SIZES[0]) faults.push(...(await violations(page, `${name} ${tag}`)));
    if (wish.out) await page.screenshot({ path: join(wish.out, `${name}-${tag}.png`) });
    tell({ event: 'page', name, tag });
  };

  await page.goto('/login');
  await look('login');
  if ((await weight(page)) > BUDGET_BYTES.login) faults.push(`login weighs ${await weight(page)} bytes`);
  await signIn(page, wish.username, wish.password);
  for (const [name, path] of Object.entries(pages(wish.sessions))) {
    await page.goto(path);
    await look(name);
  }
  faults.push(...outside.map((url) => `a request left the server: ${url}`), ...errors.map((e) => `a page threw: ${e}`));
  await context.close();
}

/** A page as the first one that an empty browser opens. */
async function firstLoad(browser, wish, name, path, faults) {
  const { page, context } = await open(browser, wish.base);
  await signIn(page, wish.username, wish.password);
  const fresh = await open(browser, wish.base);
  await fresh.context.addCookies(await context.cookies());
  await fresh.page.goto(path);
  await settled(fresh.page);
  const bytes = await weight(fresh.page);
  tell({ event: 'weight', name, bytes });
  if (bytes > BUDGET_BYTES[name]) faults.push(`${name} weighs ${bytes} bytes, the budget is ${BUDGET_BYTES[name]}`);
  await context.close();
  await fresh.context.close();
}

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  if (wish.out) await mkdir(wish.out, { recursive: true });
  const browser = await launch();
  const faults = [];
  for (const language of ['vi', 'en']) {
    for (const viewport of SIZES) await visit(browser, wish, language, viewport, faults);
  }
  await firstLoad(browser, wish, 'calendar', '/calendar', faults);
  await firstLoad(browser, wish, 'room', `/sessions/${wish.sessions.live}/room`, faults);
  await browser.close();
  tell({ event: 'looked_at_all', faults });
});
