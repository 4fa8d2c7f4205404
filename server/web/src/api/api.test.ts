import { describe, expect, it } from 'vitest';

import { address } from './client';
import { retryDelay } from './live';
import { problemOf } from './problem';

describe('an API address', () => {
  it('leaves out what is not asked', () => {
    expect(address('/sessions', { q: 'nậm pồ', state: '', kind: null, limit: 50 })).toBe(
      '/api/v1/sessions?q=n%E1%BA%ADm+p%E1%BB%93&limit=50',
    );
    expect(address('/me')).toBe('/api/v1/me');
  });
});

describe('a refused request', () => {
  it('carries the code, the fields and what clashes', async () => {
    const body = {
      title: 'Dữ liệu chưa đúng',
      status: 422,
      code: 'invalid',
      fields: [{ field: 'subject', code: 'required', message: 'Phải ghi.' }],
    };
    const problem = await problemOf(new Response(JSON.stringify(body), { status: 422 }));
    expect(problem.code).toBe('invalid');
    expect(problem.field('subject')).toBe('Phải ghi.');
    expect(problem.field('content')).toBeUndefined();
    expect(problem.conflicts).toEqual([]);
  });

  it('is known by the name that it has in the log of the server', async () => {
    const headers = { 'x-request-id': '01997f' };
    const body = JSON.stringify({ title: 'Lỗi hệ thống', status: 500, code: 'internal' });
    expect((await problemOf(new Response(body, { status: 500, headers }))).requestId).toBe('01997f');
    expect((await problemOf(new Response(body, { status: 500 }))).requestId).toBeNull();
  });

  it('that is no problem document still says its status', async () => {
    const problem = await problemOf(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(problem).toMatchObject({ status: 502, code: 'unreadable', message: '502 Bad Gateway' });
  });
});

describe('the event stream', () => {
  it('comes back soon, then ever less often, but never gives up', () => {
    expect([0, 1, 2, 3, 4, 50].map(retryDelay)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
});
