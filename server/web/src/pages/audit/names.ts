import { isKey, t } from '../../i18n';

/** What was done, in words; an action without a name is shown as the log has it. */
export function actionName(action: string): string {
  const key = `audit.action.${action}`;
  return isKey(key) ? t(key) : action;
}

/** What kind of thing it was done to. */
export function kindName(kind: string): string {
  const key = `audit.kind.${kind}`;
  return isKey(key) ? t(key) : kind;
}
