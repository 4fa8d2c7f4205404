import { formatDateTime } from '../../format/dates';
import { isKey, t } from '../../i18n';
import { shortId } from './entry';

/** RFC 3339, as the server writes instants. */
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

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

/** What a particular of an entry is called; one without a name is shown as the log has it. */
export function detailName(name: string): string {
  const key = `audit.detail.${name}`;
  return isKey(key) ? t(key) : name;
}

/** What a particular says: times as the office writes them, yes and no in words. */
export function detailValue(value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
  if (typeof value !== 'string') return JSON.stringify(value);
  if (INSTANT.test(value)) return formatDateTime(value);
  // `endpoint:01a2…` is how a room knows an endpoint.
  const [kind = '', id] = value.split(':');
  return id && shortId(id) !== id ? `${kindName(kind)} ${shortId(id)}` : shortId(value);
}
