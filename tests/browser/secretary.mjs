// The main flow as a secretary does it, by hand in the browser: log in, book with a clash shown, edit, name delegates,
// start, call the roll, end, read the report. Reads one line: where, who, the day, what is already booked on it; and
// another to go on once the session has started.

import { createInterface } from 'node:readline/promises';

import { launch, open, run, signIn, tell } from './chromium.mjs';
import { fillBooking, type } from './form.mjs';

const SUBJECT = 'Giao ban tình hình kinh tế - xã hội tháng';

async function book(page, wish) {
  await page.goto('/sessions/new');
  await fillBooking(page, { subject: SUBJECT, day: wish.day, from: '08:00', to: '10:00' });

  const conflicts = page.getByTestId('conflicts');
  await conflicts.getByText(wish.taken).waitFor();
  tell({ event: 'clash_shown', text: await conflicts.innerText() });
  await page
    .getByRole('button', { name: /Không trùng lịch/ })
    .first()
    .click();
  await conflicts.waitFor({ state: 'detached' });
  tell({ event: 'slot_taken' });

  await page.getByRole('button', { name: 'Đăng ký phiên', exact: true }).click();
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { level: 1, name: SUBJECT }).waitFor();
  return new URL(page.url()).pathname;
}

async function edit(page) {
  await page.getByRole('link', { name: 'Sửa' }).click();
  await page.waitForURL(/\/edit$/);
  await type(page, 'Trích yếu', `${SUBJECT} (bổ sung)`);
  await page.getByRole('button', { name: 'Lưu thay đổi' }).click();
  await page.getByRole('heading', { level: 1, name: `${SUBJECT} (bổ sung)` }).waitFor();
}

async function nameDelegate(page, endpoint, name) {
  await page
    .getByRole('row', { name: new RegExp(endpoint) })
    .getByRole('button', { name: /Cử đại biểu/ })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Họ và tên').first().fill(name);
  await dialog.getByLabel('Chức vụ').first().fill('Chủ tịch UBND huyện');
  await dialog.getByRole('button', { name: 'Lưu' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(name).first().waitFor();
}

async function confirmed(page, action) {
  await page.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: action, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function callTheRoll(page, session, name) {
  await page.goto(`${session}/rollcall`);
  const row = page.getByTestId('rollcall-row').filter({ hasText: name });
  await row.getByRole('button', { name: 'Có mặt', exact: true }).click();
  await page.getByRole('button', { name: 'Lưu điểm danh' }).click();
  await page.getByText(/Đã lưu điểm danh 1 đại biểu/).waitFor();
}

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  const browser = await launch();
  const { page, outside, errors } = await open(browser, wish.base);

  await signIn(page, wish.username, wish.password);
  const session = await book(page, wish);
  tell({ event: 'booked', session });
  await edit(page);
  tell({ event: 'edited' });
  await nameDelegate(page, wish.endpoint, wish.delegate);
  await confirmed(page, 'Bắt đầu phiên');
  await page.getByText('Đang diễn ra').first().waitFor();
  tell({ event: 'started' });
  // An endpoint joins meanwhile; whoever told us what to do says when.
  await input.next();
  await callTheRoll(page, session, wish.delegate);
  tell({ event: 'roll_called' });
  await page.goto(session);
  await confirmed(page, 'Kết thúc phiên');
  await page.getByText('Kết thúc', { exact: true }).first().waitFor();
  tell({ event: 'ended' });

  await page.goto(`/reports?period=year&of=${wish.day.slice(0, 4)}`);
  const net = await page.getByTestId('headline-net').innerText();
  const share = await page.getByTestId('headline-share').innerText();
  await page
    .getByRole('link', { name: new RegExp(SUBJECT) })
    .first()
    .waitFor();
  tell({ event: 'reported', net, share });

  await browser.close();
  if (outside.length > 0) throw new Error(`requests left the server: ${outside.join(' ')}`);
  if (errors.length > 0) throw new Error(`the page threw: ${errors.join(' | ')}`);
});
