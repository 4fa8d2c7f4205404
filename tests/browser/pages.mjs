// Every page of the UI in both languages: opens it, looks for what assistive technology would stumble over, counts
// what it loads, and takes its picture where a folder is given. Reads one line: where, who, which sessions.

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { launch, open, run, signIn, tell } from './chromium.mjs';
import { enter, prepare } from './room.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const SIZES = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

/** A telephone held upright, and a small laptop at 200 %: nothing may stick out or be cut off. */
const NARROW = [
  { width: 390, height: 844 },
  { width: 683, height: 384 },
];

/** Bytes over the wire of a first visit with an empty cache. The room carries the LiveKit client. */
const BUDGET_BYTES = { login: 100_000, calendar: 120_000, room: 300_000 };

/**
 * The pages of each role, by the name of their picture. `live`, `ended`, `scheduled` are sessions in that state;
 * `mondays` begin the weeks that are looked at beside the current one.
 */
const quietPages = ({ sessions: { ended, scheduled }, mondays }) => ({
  secretary: {
    calendar: '/calendar',
    ...Object.fromEntries(mondays.map((day) => [`calendar-${day}`, `/calendar?week=${day}`])),
    sessions: '/sessions',
    booking: '/sessions/new',
    session: `/sessions/${scheduled}`,
    'session-ended': `/sessions/${ended}`,
    edit: `/sessions/${scheduled}/edit`,
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
});

/** Those of the session that is live, looked at while endpoints are in its room. */
const livePages = ({ live }) => ({
  secretary: {
    'session-live': `/sessions/${live}`,
    attendance: `/sessions/${live}/attendance`,
    board: `/sessions/${live}/board`,
    rollcall: `/sessions/${live}/rollcall`,
  },
  technician: { room: `/sessions/${live}/room` },
});

/** The page has loaded: its heading is there, nothing is on its way any more, and every picture shows something. */
async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('load');
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('video')].every((one) => one.readyState > 1),
  );
  await page.evaluate(() => document.fonts.ready);
}

/** What axe finds, in a form that names the page and the element. */
async function violations(page, name) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(
    (tags) => window.axe.run(document, { runOnly: tags, rules: { 'target-size': { enabled: true } } }),
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

/**
 * Words of buttons, labels and headings that do not fit their box. What is cut off on purpose ends in an ellipsis or is
 * for screen readers only.
 */
const cutOff = () => {
  const found = [];
  for (const element of document.querySelectorAll(
    'button, a, label, legend, h1, h2, th, .badge, .figure-value',
  )) {
    const style = getComputedStyle(element);
    const told = element.closest('.visually-hidden, .skip-link') || style.textOverflow === 'ellipsis';
    if (told || style.display === 'inline' || !element.checkVisibility()) continue;
    if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 2)
      found.push(`${element.tagName.toLowerCase()} “${element.textContent.trim().slice(0, 40)}”`);
  }
  // In the calendar a subject has at least a word's room, and a whole line.
  for (const subject of document.querySelectorAll('.week-entry-subject')) {
    const { width, height } = subject.getBoundingClientRect();
    if (width < 40 || height < 16) found.push(`subject “${subject.textContent}”, ${width} × ${height}`);
  }
  return found;
};

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
  const cut = await page.evaluate(cutOff);
  if (cut.length > 0) faults.push(`${tag}: cut off: ${cut.join(', ')}`);
  if (viewport === SIZES[0] || viewport === NARROW[0]) faults.push(...(await violations(page, tag)));
  if (out) await page.screenshot({ path: join(out, `${name}-${language}-${viewport.width}.png`) });
  tell({ event: 'page', name, language, width: viewport.width });
}

/** Opens a page and gives the head of its answer. */
async function opened(page, path) {
  const response = await page.goto(path);
  return { headers: response?.headers() ?? {} };
}

async function visit(browser, wish, role, pages, how) {
  const { language, viewport, faults } = how;
  const { page, context, outside, errors } = await open(browser, wish.base, { language, viewport });
  await context.addInitScript((code) => localStorage.setItem('giaoban.language', code), language);
  const response = await page.goto('/login');
  const policy = response?.headers()['content-security-policy'] ?? '';
  if (!/default-src 'none'.*connect-src 'self'/.test(policy))
    faults.push('the policy of the pages lets requests leave the server');
  if (pages.calendar) await look(page, { name: 'login', ...how });
  await signIn(page, ...wish.accounts[role]);
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path);
    await look(page, { name, ...how });
    if (name === 'room') await lookInside(page, how);
  }
  faults.push(
    ...outside.map((url) => `a request left the server: ${url}`),
    ...errors.map((e) => `a page threw: ${e}`),
  );
  await context.close();
}

/** From the look at one's own camera into the room, where others are. */
async function lookInside(page, how) {
  await page.locator('main form button[type="submit"]').click();
  await page.locator('[data-connection="connected"]').waitFor();
  await page.locator('[data-testid="main-picture"][data-picture="shown"]').waitFor();
  await look(page, { name: 'meeting', ...how });
}

/** Two endpoints that stay in the room, so that the pages of the live session have something to show. */
async function endpointsJoin(browser, wish) {
  for (const account of wish.endpoints) {
    const { page } = await open(browser, wish.base);
    await signIn(page, ...account);
    await prepare(page, wish.sessions.live, 'single');
    await enter(page);
  }
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
  const views = [
    ...['vi', 'en'].flatMap((language) => SIZES.map((viewport) => ({ language, viewport }))),
    ...NARROW.map((viewport) => ({ language: 'vi', viewport })),
  ];
  const lookAtAll = async (roles) => {
    for (const view of views) {
      for (const [role, pages] of Object.entries(roles))
        await visit(browser, wish, role, pages, { ...view, out: wish.out, faults });
    }
  };
  await lookAtAll(quietPages(wish));
  await firstLoad(browser, wish, 'login', '/login', null, faults);
  await firstLoad(browser, wish, 'calendar', '/calendar', 'secretary', faults);
  await firstLoad(browser, wish, 'room', `/sessions/${wish.sessions.live}/room`, 'technician', faults);
  const rooms = await launch();
  await endpointsJoin(rooms, wish);
  await lookAtAll(livePages(wish.sessions));
  await rooms.close();
  await browser.close();
  tell({ event: 'looked_at_all', faults });
});
