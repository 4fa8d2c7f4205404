import type { FieldError } from '../../api/types';
import { t } from '../../i18n';
import type { Draft } from './draft';

/** What can be said without the server, field by field, under the names of the contract. */
export function localErrors(draft: Draft): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!draft.subject.trim()) errors.subject = t('booking.error.subject');
  if (!draft.date || !draft.start) errors.starts_at = t('booking.error.time');
  if (!draft.end_date || !draft.end) errors.ends_at = t('booking.error.time');
  if (!draft.host_endpoint_id) errors.host_endpoint_id = t('booking.error.host');
  if (draft.urgency === 'urgent' && !draft.urgency_reason.trim()) {
    errors.urgency_reason = t('booking.error.urgency_reason');
  }
  if (draft.mode !== 'in_person' && draft.endpoint_ids.length === 0) {
    errors.endpoint_ids = t('booking.error.endpoints');
  }
  return errors;
}

/** Wrong as soon as it is typed; what is merely not filled in yet is said when the form is sent. */
const AT_ONCE = ['starts_at', 'ends_at'];
const FIELDS = [
  ...AT_ONCE,
  'subject',
  'kind',
  'urgency_reason',
  'host_endpoint_id',
  'endpoint_ids',
  'room_ids',
  'chair_id',
  'person_ids',
  'content',
  'requirements',
  'contact',
];

/** What the server said of fields: beside the field where the form has it, else apart. */
export function sortErrors(
  errors: Pick<FieldError, 'field' | 'message'>[],
  tried: boolean,
): { shown: Record<string, string>; others: string[] } {
  const shown: Record<string, string> = {};
  const others: string[] = [];
  for (const { field, message } of errors) {
    const name = /^\w+/.exec(field)?.[0] ?? '';
    if (!FIELDS.includes(name)) {
      if (!others.includes(message)) others.push(message);
    } else if (tried || AT_ONCE.includes(name)) shown[name] ??= message;
  }
  return { shown, others };
}
