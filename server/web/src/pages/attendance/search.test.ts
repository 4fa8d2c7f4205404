import { expect, it } from 'vitest';
import { matches } from './search';

it('finds without accents, capitals or the order of words', () => {
  expect(matches('muong nhe', 'Điểm cầu huyện Mường Nhé')).toBe(true);
  expect(matches('NHE muong', 'Điểm cầu huyện Mường Nhé')).toBe(true);
  expect(matches('dien bien', 'Điện Biên Đông')).toBe(true);
  expect(matches('tua chua', 'Mường Nhé')).toBe(false);
});

it('finds everything while nothing is looked for', () => {
  expect(matches('', 'Mường Nhé')).toBe(true);
  expect(matches('   ', 'Mường Nhé')).toBe(true);
});
