import { isKey, t } from '../../i18n';

/** The name of a rule that was overridden; a code that this UI does not know is shown as it is. */
export function warningName(code: string): string {
  const key = `warning.${code}`;
  return isKey(key) ? t(key) : code;
}
