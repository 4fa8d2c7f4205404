import { describe, expect, it } from 'vitest';

import { nextAddress } from '../pages/login/next';
import { match } from './match';

describe('an address', () => {
  it('gives its named parts', () => {
    expect(match('/sessions/:id/edit', '/sessions/abc/edit')).toEqual({ id: 'abc' });
    expect(match('/sessions/:id', '/sessions/a%20b')).toEqual({ id: 'a b' });
  });

  it('fits with and without a slash at the end', () => {
    expect(match('/sessions', '/sessions/')).toEqual({});
    expect(match('/', '/')).toEqual({});
  });

  it('that is longer, shorter or broken does not fit', () => {
    expect(match('/sessions/:id', '/sessions')).toBeNull();
    expect(match('/sessions/:id', '/sessions/a/b')).toBeNull();
    expect(match('/sessions/:id', '/sessions/%E0%A4%A')).toBeNull();
  });
});

describe('the way on after signing in', () => {
  it('stays within this UI', () => {
    expect(nextAddress('/sessions/1?x=2')).toBe('/sessions/1?x=2');
    expect(nextAddress(null)).toBe('/');
    expect(nextAddress('//elsewhere.example')).toBe('/');
    expect(nextAddress('https://elsewhere.example')).toBe('/');
    expect(nextAddress('/\\elsewhere.example')).toBe('/');
    expect(nextAddress('/login?next=/login')).toBe('/');
  });
});
