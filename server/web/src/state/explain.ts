import { OFFLINE, type Problem } from '../api/problem';
import { t } from '../i18n';
import { toasts } from './toasts.svelte';
import { asProblem } from './resource.svelte';

/** A problem in a sentence for the person in front of the screen. */
export function explain(problem: Problem): string {
  if (problem.code === OFFLINE) return t('error.offline');
  if (problem.code === 'unreadable') return `${t('error.unreadable')} (${problem.status})`;
  if (problem.code === 'unexpected') return t('error.unexpected');
  if (problem.code === 'stale') return t('error.stale');
  // The technician asks for it, and nobody looks into the headers of a reply.
  if (problem.code === 'internal' && problem.requestId !== null)
    return t('error.internal', { id: problem.requestId });
  return problem.detail;
}

/** Says a failure at the edge of the page. */
export function complain(caught: unknown): void {
  toasts.say(explain(asProblem(caught)), 'bad');
}
