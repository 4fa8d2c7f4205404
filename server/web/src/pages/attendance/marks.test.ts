import { describe, expect, it } from 'vitest';
import {
  afterSave,
  change,
  markOf,
  markRest,
  readDraft,
  tally,
  toggle,
  withoutReason,
  type Draft,
  type Marked,
} from './marks';

function delegate(id: string, over: Partial<Marked> = {}): Marked {
  return { id, presence: 'unknown', note: null, late: false, left_early: false, ...over };
}

const none: Draft = {};

it('a correction whose note says nothing has no reason', () => {
  const [one, two] = [delegate('a'), delegate('b')];
  const draft = change(change(none, one, { presence: 'excused', note: '  ' }), two, { note: 'Nhập nhầm' });
  expect(withoutReason(draft)).toEqual(['a']);
});

describe('marking a delegate', () => {
  it('shows the draft before what the server has', () => {
    const one = delegate('a', { presence: 'excused' });
    expect(markOf(none, one).presence).toBe('excused');
    expect(markOf(change(none, one, { presence: 'in_room' }), one).presence).toBe('in_room');
  });

  it('is undone by marking back, so that nothing is left to save', () => {
    const one = delegate('a', { presence: 'in_room' });
    const changed = change(none, one, { presence: 'excused' });
    expect(change(changed, one, { presence: 'in_room' })).toEqual({});
  });

  it('makes nobody both absent and late', () => {
    const one = delegate('a');
    const late = toggle(none, one, 'late');
    expect(markOf(late, one)).toMatchObject({ presence: 'in_room', late: true });
    expect(markOf(change(late, one, { presence: 'unexcused' }), one)).toMatchObject({ late: false });
  });

  it('keeps online delegates online when they come late', () => {
    const one = delegate('a', { presence: 'online' });
    expect(markOf(toggle(none, one, 'late'), one).presence).toBe('online');
  });
});

describe('marking a whole endpoint', () => {
  it('leaves alone who is already marked', () => {
    const delegates = [delegate('a'), delegate('b', { presence: 'excused' }), delegate('c')];
    const draft = markRest(none, delegates, 'in_room');
    expect(tally(draft, delegates)).toEqual({ named: 3, present: 2, excused: 1, unexcused: 0, unknown: 0 });
  });
});

describe('saving', () => {
  it('keeps a mark that was changed while the save ran', () => {
    const [a, b] = [delegate('a'), delegate('b')];
    const sent = change(change(none, a, { presence: 'in_room' }), b, { presence: 'in_room' });
    const meanwhile = change(sent, b, { presence: 'excused' });
    expect(Object.keys(afterSave(meanwhile, Object.values(sent)))).toEqual(['b']);
  });

  it('leaves nothing when nothing changed meanwhile', () => {
    const sent = change(none, delegate('a'), { note: 'ốm' });
    expect(afterSave(sent, Object.values(sent))).toEqual({});
  });
});

describe('a draft kept in the browser', () => {
  it('comes back as it was', () => {
    const draft = change(none, delegate('a'), { presence: 'excused', note: 'đi công tác' });
    expect(readDraft(JSON.stringify(draft))).toEqual(draft);
  });

  it('that is broken or of another shape is no draft', () => {
    for (const text of [null, '', 'nonsense', '[]', 'null', '{"a":{"presence":"gone"}}', '{"a":5}']) {
      expect(readDraft(text)).toEqual({});
    }
  });
});
