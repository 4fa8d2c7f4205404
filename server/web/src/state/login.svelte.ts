import { session } from '../api/client';
import { changePassword, signIn, signOut, whoAmI } from '../api/login';
import { Problem } from '../api/problem';
import type { Me, Permission } from '../api/types';

let me = $state<Me | null>(null);
let known = $state(false);
let expired = $state(false);

function take(next: Me | null): void {
  me = next;
  session.csrfToken = next?.csrf_token ?? '';
}

/** Who is signed in, and what that account may do. */
export const login = {
  get me(): Me | null {
    return me;
  },
  /** Whether the server has been asked yet. */
  get known(): boolean {
    return known;
  },
  /** The login ended by itself, so the sign-in page says why it is shown. */
  get expired(): boolean {
    return expired;
  },
  may(permission: Permission): boolean {
    return me?.permissions.includes(permission) ?? false;
  },
  /** Asks the server who this is. Throws only what is not "nobody". */
  async restore(): Promise<void> {
    try {
      take(await whoAmI());
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      take(null);
    }
    known = true;
  },
  /** Asks whether the login still stands, for when a line ended without saying why. */
  async verify(): Promise<void> {
    try {
      take(await whoAmI());
    } catch (error) {
      // Without an answer nobody knows; only a refusal ends the login.
      if (error instanceof Problem && error.status === 401) session.expired();
    }
  },
  async signIn(username: string, password: string): Promise<void> {
    take(await signIn(username, password));
    expired = false;
    known = true;
  },
  async signOut(): Promise<void> {
    await signOut();
    take(null);
  },
  changePassword,
};

session.expired = () => {
  if (me === null) return;
  expired = true;
  take(null);
};
