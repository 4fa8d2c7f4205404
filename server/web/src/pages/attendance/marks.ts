/** The secretary's marks of a roll-call, before they are saved. Pure: entries are kept whatever the server answers. */

/** Điểm danh: what a delegate can be marked as. `unknown` is not yet called. */
export const PRESENCES = ['in_room', 'online', 'excused', 'unexcused', 'unknown'] as const;

/** A verdict about one delegate. */
export type Presence = (typeof PRESENCES)[number];

/** What a roll-call says about one delegate, as the server takes it. */
export interface Mark {
  delegate_id: string;
  presence: Presence;
  note: string | null;
  late: boolean;
  left_early: boolean;
}

/** A delegate as the attendance has it. */
export interface Marked {
  id: string;
  presence: Presence;
  note?: string | null;
  late: boolean;
  left_early: boolean;
}

/** Marks not yet saved, by delegate. */
export type Draft = Readonly<Record<string, Mark>>;

/** The mark that the server has. */
export function savedMark(delegate: Marked): Mark {
  return {
    delegate_id: delegate.id,
    presence: delegate.presence,
    note: delegate.note ?? null,
    late: delegate.late,
    left_early: delegate.left_early,
  };
}

/** The mark shown: the draft's, else the server's. */
export function markOf(draft: Draft, delegate: Marked): Mark {
  return draft[delegate.id] ?? savedMark(delegate);
}

function same(left: Mark, right: Mark): boolean {
  return (
    left.presence === right.presence &&
    (left.note ?? '') === (right.note ?? '') &&
    left.late === right.late &&
    left.left_early === right.left_early
  );
}

/** Someone absent was neither late nor left early. */
function tidy(mark: Mark): Mark {
  const here = mark.presence === 'in_room' || mark.presence === 'online';
  return here ? mark : { ...mark, late: false, left_early: false };
}

/** Changes one mark. A draft that says what the server has is no draft. */
export function change(draft: Draft, delegate: Marked, part: Partial<Omit<Mark, 'delegate_id'>>): Draft {
  const mark = tidy({ ...markOf(draft, delegate), ...part });
  const rest = without(draft, [delegate.id]);
  return same(mark, savedMark(delegate)) ? rest : { ...rest, [delegate.id]: mark };
}

/** Marks everyone of an endpoint who is not yet called. Marks already made, such as an excuse, stay. */
export function markRest(draft: Draft, delegates: readonly Marked[], presence: Presence): Draft {
  return delegates
    .filter((delegate) => markOf(draft, delegate).presence === 'unknown')
    .reduce((next, delegate) => change(next, delegate, { presence }), draft);
}

/** Sets late or left early, and says present in the room of someone not yet called: one key does both. */
export function toggle(draft: Draft, delegate: Marked, what: 'late' | 'left_early'): Draft {
  const mark = markOf(draft, delegate);
  const here = mark.presence === 'in_room' || mark.presence === 'online';
  return change(draft, delegate, { presence: here ? mark.presence : 'in_room', [what]: !mark[what] });
}

/** The draft without some delegates. */
export function without(draft: Draft, ids: readonly string[]): Draft {
  const gone = new Set(ids);
  return Object.fromEntries(Object.entries(draft).filter(([id]) => !gone.has(id)));
}

/**
 * What is left after a save: marks changed while it ran stay, and so do those of delegates that the server
 * does not have as they were sent.
 */
export function afterSave(draft: Draft, sent: readonly Mark[]): Draft {
  const done = sent.filter((mark) => {
    const now = draft[mark.delegate_id];
    return now !== undefined && same(now, mark);
  });
  return without(
    draft,
    done.map((mark) => mark.delegate_id),
  );
}

/** Entries that say no reason. After the end of a session every correction needs one, in its note. */
export function withoutReason(draft: Draft): string[] {
  return Object.values(draft)
    .filter((mark) => (mark.note ?? '').trim() === '')
    .map((mark) => mark.delegate_id);
}

/** Figures of the roll-call. */
export interface Tally {
  named: number;
  present: number;
  excused: number;
  unexcused: number;
  unknown: number;
}

/** Counts marks, those of the draft before those of the server. */
export function tally(draft: Draft, delegates: readonly Marked[]): Tally {
  const sum: Tally = { named: delegates.length, present: 0, excused: 0, unexcused: 0, unknown: 0 };
  for (const delegate of delegates) {
    const { presence } = markOf(draft, delegate);
    sum[presence === 'in_room' || presence === 'online' ? 'present' : presence] += 1;
  }
  return sum;
}

/** Reads a draft kept in the browser; anything that is not one is an empty draft. */
export function readDraft(text: string | null): Draft {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    const entries = Object.entries(value as Record<string, unknown>).filter(([id, mark]) => isMark(id, mark));
    return Object.fromEntries(entries) as Draft;
  } catch {
    return {};
  }
}

function isMark(id: string, value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const mark = value as Record<string, unknown>;
  return (
    mark.delegate_id === id &&
    PRESENCES.some((presence) => presence === mark.presence) &&
    (mark.note === null || typeof mark.note === 'string') &&
    typeof mark.late === 'boolean' &&
    typeof mark.left_early === 'boolean'
  );
}
