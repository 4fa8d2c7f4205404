// What a tired person does to the pages, and what a hostile one would have them do. Reads one line: where, who, a day
// that is free, a session that is scheduled and one that is live, both with names that are markup. Every case tells its
// faults; the last line has them all.

import { createInterface } from 'node:readline/promises';

import { launch, open, run, signIn, tell } from './chromium.mjs';
import { field, fillBooking, type, written } from './form.mjs';

const SUBJECT = 'Giao ban chuẩn bị phòng chống thiên tai';
const PHONE = { width: 390, height: 844 };

/** Lets a stored name say that it ran, instead of doing harm. */
const HACKED = () => window.hacked === undefined;

async function booked(page, subject) {
  return page.evaluate(async (q) => {
    const answer = await fetch(`/api/v1/sessions?limit=50&q=${encodeURIComponent(q)}`);
    return (await answer.json()).items.length;
  }, subject);
}

async function newBooking(page, wish, subject, from = '13:30', to = '15:00') {
  await page.goto('/sessions/new');
  await fillBooking(page, { subject, day: wish.day, from, to });
}

const press = (page, name) => page.getByRole('button', { name, exact: true });

/** Runs `act` and tells what the browser asked meanwhile; the answer is `stay` or `leave`. */
async function asked(page, answer, act) {
  const question = page.waitForEvent('dialog');
  const done = act();
  const dialog = await question;
  await (answer === 'stay' ? dialog.dismiss() : dialog.accept());
  await done;
  return dialog.message();
}

const cases = {
  async names_that_are_markup_run_nothing_and_fit({ page, wish, fault }) {
    const paths = ['', '/attendance', '/board', '/rollcall', '/room'].map(
      (at) => `/sessions/${wish.live}${at}`,
    );
    const lists = ['/calendar', '/sessions', '/directory/units', '/directory/endpoints', '/directory/people'];
    for (const path of [...paths, ...lists, `/sessions/${wish.scheduled}/edit`, '/reports']) {
      for (const size of [{ width: 1366, height: 768 }, PHONE]) {
        await page.setViewportSize(size);
        await page.goto(path);
        await page.locator('h1').first().waitFor();
        await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
        if (!(await page.evaluate(HACKED))) fault(`${path}: a stored name ran`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) fault(`${path} at ${size.width}: ${wide} px wider than the screen`);
      }
    }
    await page.setViewportSize({ width: 1366, height: 768 });
  },

  async a_step_back_asks_before_it_loses_what_was_typed({ page, fault }) {
    await page.goto('/calendar');
    await page.getByRole('link', { name: 'Đăng ký phiên', exact: true }).click();
    await type(page, 'Trích yếu', SUBJECT);
    await asked(page, 'stay', () => page.evaluate(() => history.back()));
    // The browser has gone back already when it asks; the page steps forward again.
    await page.waitForURL(/\/sessions\/new$/);
    if ((await field(page, 'Trích yếu').inputValue()) !== SUBJECT) fault('staying lost the subject');
    await asked(page, 'leave', () => page.evaluate(() => history.back()));
    await page.waitForURL(/\/calendar$/);
    await page.goForward();
    await page.getByRole('heading', { level: 1, name: 'Đăng ký phiên giao ban' }).waitFor();
    if ((await field(page, 'Trích yếu').inputValue()) !== '') fault('what was let go came back');
  },

  async a_date_that_does_not_exist_is_not_saved_as_another({ page, wish, fault }) {
    await newBooking(page, wish, SUBJECT);
    await type(page, /^Ngày họp/, '31/04/2027');
    await page.getByText('Ngày không có thật').first().waitFor();
    await press(page, 'Đăng ký phiên').click();
    await page.getByText('Phải ghi ngày, giờ.').first().waitFor();
    if ((await booked(page, SUBJECT)) !== 0) fault('it was booked on another day');
    if ((await field(page, /^Ngày họp/).inputValue()) !== '31/04/2027') fault('what was typed is gone');
    await type(page, /^Ngày họp/, written(wish.day));
    await page.getByText('Ngày không có thật').first().waitFor({ state: 'detached' });
  },

  async without_the_network_nothing_is_lost_and_nothing_is_booked_twice({ page, context, wish, fault }) {
    await newBooking(page, wish, SUBJECT);
    await context.setOffline(true);
    await press(page, 'Đăng ký phiên').click();
    await page.getByText('Không kết nối được với máy chủ').first().waitFor();
    await context.setOffline(false);
    await press(page, 'Đăng ký phiên').dblclick();
    await page.getByRole('heading', { level: 1, name: SUBJECT }).waitFor();
    const count = await booked(page, SUBJECT);
    if (count !== 1) fault(`pressed twice: ${count} sessions`);
  },

  async a_login_that_ends_gives_the_booking_back({ page, context, wish, fault }) {
    const subject = `${SUBJECT} (đợt 2)`;
    await newBooking(page, wish, subject, '15:30', '16:30');
    await context.clearCookies();
    await press(page, 'Đăng ký phiên').click();
    await page.getByText('Phiên đăng nhập đã hết hạn').waitFor();
    await field(page, /^Tên đăng nhập/).fill(wish.secretary[0]);
    await field(page, /^Mật khẩu/).fill(wish.secretary[1]);
    await press(page, 'Đăng nhập').click();
    await page.getByText('Đã khôi phục nội dung chưa lưu').waitFor();
    if ((await field(page, 'Trích yếu').inputValue()) !== subject) fault('the subject is gone');
    if ((await field(page, /^Bắt đầu/).inputValue()) !== '15:30') fault('the time is gone');
    await press(page, 'Đăng ký phiên').click();
    await page.getByRole('heading', { level: 1, name: subject }).waitFor();
    await page.goto('/sessions/new');
    await page.getByRole('heading', { level: 1 }).waitFor();
    if ((await field(page, 'Trích yếu').inputValue()) !== '') fault('a saved booking came back');
  },

  async of_two_tabs_the_second_is_told_and_keeps_its_text({ page, context, wish, fault }) {
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto(`/sessions/${wish.scheduled}/edit`);
      await field(tab, /^Đầu mối liên hệ/).waitFor();
    }
    await type(page, /^Đầu mối liên hệ/, 'Phòng Hành chính');
    await press(page, 'Lưu thay đổi').click();
    await page.waitForURL((url) => !url.pathname.endsWith('/edit'));
    await type(other, /^Đầu mối liên hệ/, 'Phòng Tổng hợp');
    await press(other, 'Lưu thay đổi').click();
    await other.getByText('vừa được người khác sửa').first().waitFor();
    if ((await field(other, /^Đầu mối liên hệ/).inputValue()) !== 'Phòng Tổng hợp') fault('the text is gone');
    await other.close();
  },

  async the_roll_is_called_and_saved_without_a_mouse({ page, wish, fault }) {
    await page.goto(`/sessions/${wish.live}/rollcall`);
    const row = page.getByTestId('rollcall-row').first();
    await row.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('1');
    await page.keyboard.press('m');
    if ((await row.getAttribute('data-presence')) !== 'in_room') fault('key 1 does not mark as present');
    await page.keyboard.press('Control+s');
    await page.getByText('Đã lưu điểm danh 1 đại biểu').waitFor();
  },

  async a_room_is_joined_and_left_without_a_mouse({ browser, wish, fault }) {
    const { page, context } = await open(browser, wish.base);
    await signIn(page, ...wish.technician);
    await page.goto(`/sessions/${wish.live}/room`);
    await press(page, 'Vào phòng họp').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    for (let steps = 0; (await focused()) !== 'Vào phòng họp'; steps += 1) {
      if (steps > 40) throw new Error('the Tab key never comes to the button');
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.locator('[data-connection="connected"]').waitFor();
    await press(page, 'Tắt micrô').waitFor();
    await page.keyboard.press('m');
    await press(page, 'Bật micrô').waitFor();
    if (!(await page.evaluate(HACKED))) fault('a stored name ran');
    await context.close();
  },
};

run(async () => {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const wish = JSON.parse((await input.next()).value);
  const browser = await launch();
  const faults = [];
  for (const [name, act] of Object.entries(cases)) {
    const opened = await open(browser, wish.base);
    await signIn(opened.page, ...wish.secretary);
    await act({ ...opened, browser, wish, fault: (text) => faults.push(`${name}: ${text}`) });
    faults.push(...opened.outside.map((url) => `${name}: a request left the server: ${url}`));
    faults.push(...opened.errors.map((error) => `${name}: a page threw: ${error}`));
    await opened.context.close();
    tell({ event: 'case', name });
  }
  await browser.close();
  tell({ event: 'all_cases', faults });
});
