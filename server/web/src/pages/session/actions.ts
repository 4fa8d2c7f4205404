import { cancelSession, endSession, startSession } from '../../api/sessions';
import type { SessionAction, SessionView } from '../../api/types';
import type { Key } from '../../i18n';
import type { IconName } from '../../ui/icons';

/** An action that asks first: what it is called, and whether its reason is recorded. */
export interface Asked {
  action: Extract<SessionAction, 'cancel' | 'start' | 'end'>;
  icon: IconName;
  label: Key;
  text: Key;
  done: Key;
  reason: boolean;
  /** How the button looks. */
  tone: 'primary' | 'danger';
  run: (session: SessionView, reason: string) => Promise<SessionView>;
}

/** What is allowed now, the server says (`SessionView.allowed`). */
export const asked: Record<Asked['action'], Asked> = {
  start: {
    action: 'start',
    icon: 'play',
    label: 'session.action.start',
    text: 'session.ask.start',
    done: 'session.done.start',
    reason: false,
    tone: 'primary',
    run: (session) => startSession(session.id, session.version),
  },
  end: {
    action: 'end',
    icon: 'stop',
    label: 'session.action.end',
    text: 'session.ask.end',
    done: 'session.done.end',
    reason: false,
    tone: 'danger',
    run: (session) => endSession(session.id, session.version),
  },
  cancel: {
    action: 'cancel',
    icon: 'close',
    label: 'session.action.cancel',
    text: 'session.ask.cancel',
    done: 'session.done.cancel',
    reason: true,
    tone: 'danger',
    run: (session, reason) => cancelSession(session.id, session.version, reason),
  },
};
