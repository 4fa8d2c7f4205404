import { isKey, t } from '../../i18n';

/** The name of a rule that was overridden; a code that this UI does not know is shown as it is. */
export function warningName(code: string): string {
  const key = `warning.${code}`;
  return isKey(key) ? t(key) : code;
}

/** What was done to a session, in words. */
export function actionName(action: string): string {
  const key = `session.history.${action}`;
  return isKey(key) ? t(key) : action;
}
