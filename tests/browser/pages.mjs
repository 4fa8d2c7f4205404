// Every page of the UI in both languages: opens it, looks for what assistive technology would stumble over, counts
// what it loads, and takes its picture where a folder is given. Reads one line: where, who, which sessions.

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
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
const BUDGET_BYTES = { login: 100_000, calendar: 120_000, room: 300_000 };

/** The pages of each role, by the name of their picture. `live`, `ended`, `scheduled` are sessions in that state. */
const pages = ({ live, ended, scheduled }) => ({
  secretary: {
    calendar: '/calendar',
    sessions: '/sessions',
    booking: '/sessions/new',
    session: `/sessions/${scheduled}`,
    'session-live': `/sessions/${live}`,
    'session-ended': `/sessions/${ended}`,
    edit: `/sessions/${scheduled}/edit`,
    attendance: `/sessions/${live}/attendance`,
    board: `/sessions/${live}/board`,
    rollcall: `/sessions/${live}/rollcall`,
    ledger: `/sessions/${ended}/ledger`,
    reports: '/reports',
    norms: '/norms',
    units: '/directory/units',
    endpoints: '/directory/endpoints',
    rooms: '/directory/rooms',
    people: '/directory/people',
    password: '/password',
  },
  administrator: { accounts: '/accounts', audit: '/audit', system: '/system' },
  technician: { room: `/sessions/${live}/room` },
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
  const { violations: found } = await page.evaluate(
    (tags) => window.axe.run(document, { runOnly: tags }),
    RULES,
  );
  return found.map(
    ({ id, help, nodes }) => `${name}: ${id} (${help}): ${nodes.map((n) => n.target.join(' ')).join(', ')}`,
  );
}

/** Bytes that a page brought over the wire in an empty browser. */
const weight = (page) =>
  page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
      (sum, entry) => sum + entry.transferSize,
      0,
    ),
  );

/** Looks at one page as it stands, and takes its picture. */
async function look(page, { name, language, viewport, out, faults }) {
  await settled(page);
  const tag = `${name} ${language} ${viewport.width}`;
  const lang = await page.locator('html').getAttribute('lang');
  if (lang !== language) faults.push(`${tag}: the page says it is in ${lang}`);
  if ((await page.locator('h1').count()) !== 1) faults.push(`${tag}: not exactly one h1`);
  if ((await page.locator('main').count()) !== 1) faults.push(`${tag}: not exactly one main`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) faults.push(`${tag}: ${wide} px wider than the screen`);
  if (viewport === SIZES[0]) faults.push(...(await violations(page, tag)));
  if (out) await page.screenshot({ path: join(out, `${name}-${language}-${viewport.width}.png`) });
  tell({ event: 'page', name, language, width: viewport.width });
}

async function visit(browser, wish, role, language, viewport, faults) {
  const { page, context, outside, errors } = await open(browser, wish.base, { language, viewport });
  await context.addInitScript((code) => localStorage.setItem('giaoban.language', code), language);
  const how = { language, viewport, out: wish.out, faults };
  await page.goto('/login');
  await settled(page);
  if (role === 'secretary') await look(page, { name: 'login', ...how });
  await signIn(page, ...wish.accounts[role]);
  for (const [name, path] of Object.entries(pages(wish.sessions)[role])) {
    await page.goto(path);
    await look(page, { name, ...how });
  }
  faults.push(
    ...outside.map((url) => `a request left the server: ${url}`),
    ...errors.map((e) => `a page threw: ${e}`),
  );
  await context.close();
}

/** A page as the first one that an empty browser opens. */
async function firstLoad(browser, wish, name, path, role, faults) {
  const { page, context } = await open(browser, wish.base);
  if (role) {
    const signedIn = await open(browser, wish.base);
    await signIn(signedIn.page, ...wish.accounts[role]);
    await context.addCookies(await signedIn.context.cookies());
    await signedIn.context.close();
  }
  await page.goto(path);
  await settled(page);
  const bytes = await weight(page);
  tell({ event: 'weight', name, bytes });
  if (bytes > BUDGET_BYTES[name])
    faults.push(`${name} weighs ${bytes} bytes, the budget is ${BUDGET_BYTES[name]}`);
  await context.close();
}

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  if (wish.out) await mkdir(wish.out, { recursive: true });
  const browser = await launch();
  const faults = [];
  for (const language of ['vi', 'en']) {
    for (const viewport of SIZES) {
      for (const role of Object.keys(wish.accounts))
        await visit(browser, wish, role, language, viewport, faults);
    }
  }
  await firstLoad(browser, wish, 'login', '/login', null, faults);
  await firstLoad(browser, wish, 'calendar', '/calendar', 'secretary', faults);
  await firstLoad(browser, wish, 'room', `/sessions/${wish.sessions.live}/room`, 'technician', faults);
  await browser.close();
  tell({ event: 'looked_at_all', faults });
});
