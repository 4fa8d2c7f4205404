// Filling in forms as a person does.

/** dd/mm/yyyy, as the office writes it. */
export const written = (day) => day.split('-').toReversed().join('/');

/** A field by its label. */
export const field = (page, label) =>
  page.getByLabel(label, { exact: false }).and(page.locator('input, textarea')).first();

/** A field is left with the Tab key, which is when typed dates and times are taken. */
export async function type(page, label, text) {
  await field(page, label).fill(text);
  await field(page, label).press('Tab');
}

/** Fills in what a booking needs, with every endpoint of the districts. */
export async function fillBooking(page, { subject, day, from, to }) {
  await type(page, 'Trích yếu', subject);
  await type(page, /^Ngày họp/, written(day));
  await type(page, /^Bắt đầu/, from);
  await type(page, /^Kết thúc/, to);
  await page.getByRole('button', { name: /^Các huyện, thị xã, thành phố/ }).click();
}
