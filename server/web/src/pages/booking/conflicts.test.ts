import { expect, it } from 'vitest';

import type { Conflict } from '../../api/types';
import { bySession } from '../../ui/conflicts';
import { sortErrors } from './validate';

const conflict = (session: string, name: string): Conflict => ({
  what: 'endpoint',
  id: name,
  name,
  session_id: session,
  subject: session,
  starts_at: '2026-11-24T08:00:00+07:00',
  ends_at: '2026-11-24T09:00:00+07:00',
});

it('ten endpoints of one session are one clash', () => {
  const clashes = bySession([
    conflict('A', 'Mường Nhé'),
    conflict('B', 'Mường Nhé'),
    conflict('A', 'Nậm Pồ'),
  ]);
  expect(clashes.map(({ session_id, names }) => [session_id, names])).toEqual([
    ['A', ['Mường Nhé', 'Nậm Pồ']],
    ['B', ['Mường Nhé']],
  ]);
});

it('what is merely not filled in yet is said only when the form is sent', () => {
  const errors = [
    { field: 'subject', message: 'Phải ghi.' },
    { field: 'ends_at', message: 'Sau giờ bắt đầu.' },
  ];
  expect(sortErrors(errors, false).shown).toEqual({ ends_at: 'Sau giờ bắt đầu.' });
  expect(sortErrors(errors, true).shown).toEqual({ subject: 'Phải ghi.', ends_at: 'Sau giờ bắt đầu.' });
});

it('an error of a list entry stands at the list, one of an unknown field apart', () => {
  const sorted = sortErrors(
    [
      { field: 'endpoint_ids[2]', message: 'Hết hiệu lực.' },
      { field: 'mystery', message: 'Lạ.' },
    ],
    true,
  );
  expect(sorted).toEqual({ shown: { endpoint_ids: 'Hết hiệu lực.' }, others: ['Lạ.'] });
});
