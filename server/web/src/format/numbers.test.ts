import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { language } from '../i18n/lang.svelte';
import { formatDecimal, formatDistance, formatMoney, formatPercent, groupDigits } from './numbers';

beforeAll(() => vi.stubGlobal('document', { documentElement: { lang: '' } }));
afterEach(() => language.choose('vi'));

describe('figures', () => {
  it('group money as the vouchers do', () => {
    expect(formatMoney(2_660_000)).toBe('2.660.000\u00a0đ');
    expect(formatMoney(0)).toBe('0\u00a0đ');
    expect(formatMoney(-350_000)).toBe('−350.000\u00a0đ');
    expect(groupDigits(999)).toBe('999');
    expect(groupDigits(1_000)).toBe('1.000');
  });

  it('say distances in kilometres, with a decimal only when short', () => {
    expect(formatDistance(195_000)).toBe('195\u00a0km');
    expect(formatDistance(7_500)).toBe('7,5\u00a0km');
    expect(formatDistance(0)).toBe('0\u00a0km');
  });

  it('use the decimal comma', () => {
    expect(formatDecimal(9.666)).toBe('9,7');
    expect(formatDecimal(1234.5)).toBe('1.234,5');
  });

  it('write a share of nothing as a dash', () => {
    expect(formatPercent(null)).toBe('–');
    expect(formatPercent(62.5)).toBe('62,5%');
    expect(formatPercent(100)).toBe('100%');
  });

  it('are not read as other figures in English', () => {
    language.choose('en');
    expect(formatMoney(2_660_000)).toBe('2,660,000\u00a0đ');
    expect(formatDecimal(1234.56, 2)).toBe('1,234.56');
    expect(formatDistance(7_500)).toBe('7.5\u00a0km');
    expect(formatPercent(62.5)).toBe('62.5%');
  });
});
