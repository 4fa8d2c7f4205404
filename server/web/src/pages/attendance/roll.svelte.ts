import { takeRollCall } from '../../api/sessions';
import type { Problem } from '../../api/problem';
import type { Attendance } from '../../api/types';
import { asProblem } from '../../state/resource.svelte';
import {
  afterSave,
  change,
  markRest,
  readDraft,
  toggle,
  withoutReason,
  type Draft,
  type Mark,
  type Marked,
  type Presence,
} from './marks';

/** The secretary's entries of one session: kept in the browser until the server has them. Reactive. */
export class Roll {
  draft = $state.raw<Draft>({});
  saving = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** How many entries the last save brought to the server; 0 once something has changed since. */
  justSaved = $state(0);
  /** The session has ended: an entry is a correction, and its note must say why. */
  correcting = $state(false);
  /** Corrections without a reason that somebody tried to save. */
  unexplained = $state.raw<string[]>([]);
  /** Entries found from an earlier visit that had not been saved. */
  readonly restored: number;

  readonly #session: string;
  readonly #key: string;

  constructor(session: string) {
    this.#session = session;
    this.#key = `giaoban.rollcall.${session}`;
    this.draft = readDraft(stored(this.#key));
    this.restored = Object.keys(this.draft).length;
  }

  get unsaved(): number {
    return Object.keys(this.draft).length;
  }

  change(delegate: Marked, part: Partial<Omit<Mark, 'delegate_id'>>): void {
    this.#keep(change(this.draft, delegate, part));
  }

  toggle(delegate: Marked, what: 'late' | 'left_early'): void {
    this.#keep(toggle(this.draft, delegate, what));
  }

  markRest(delegates: readonly Marked[], presence: Presence): void {
    this.#keep(markRest(this.draft, delegates, presence));
  }

  discard(): void {
    this.problem = null;
    this.#keep({});
  }

  /** Sends every entry in one request. What was not taken stays. Gives the attendance as the server now has it. */
  async save(): Promise<Attendance | null> {
    const sent = Object.values(this.draft);
    if (sent.length === 0 || this.saving) return null;
    this.unexplained = this.correcting ? withoutReason(this.draft) : [];
    if (this.unexplained.length > 0) return null;
    this.saving = true;
    try {
      const attendance = await takeRollCall(this.#session, sent);
      this.#keep(afterSave(this.draft, sent));
      this.problem = null;
      this.justSaved = sent.length;
      return attendance;
    } catch (caught) {
      this.problem = asProblem(caught);
      return null;
    } finally {
      this.saving = false;
    }
  }

  #keep(draft: Draft): void {
    this.draft = draft;
    this.justSaved = 0;
    if (this.unexplained.length > 0) {
      this.unexplained = withoutReason(draft).filter((id) => this.unexplained.includes(id));
    }
    try {
      if (Object.keys(draft).length === 0) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, JSON.stringify(draft));
    } catch {
      // Storage is forbidden or full: the entries live as long as the page.
    }
  }
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
