/** Whether a delegate counts as present, in the room or online. */
export function isPresent(presence: string): boolean {
  return presence === 'in_room' || presence === 'online';
}

/** What of a delegate says whether the chair was asked. */
export interface Attending {
  presence: string;
  substitute_for?: string | null;
  consented?: boolean | null;
}

/**
 * Dự thay: whether somebody attends instead of another without the chair's consent on record (Quyết định
 * 45/2018/QĐ-TTg). It forbids nothing, for the substitute sits in the room already; it is never silent.
 */
export function lacksConsent(delegate: Attending): boolean {
  const substitute = (delegate.substitute_for ?? '') !== '';
  return substitute && delegate.consented !== true && isPresent(delegate.presence);
}
