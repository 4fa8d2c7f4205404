import type { Conflict, FieldError, ProblemBody, ProblemCode, Warning } from './types';

/** What went wrong with a request, as the server said it; `code` is what a page switches on. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly fields: FieldError[];
  readonly conflicts: Conflict[];
  readonly warnings: Warning[];
  readonly retryAfterSeconds: number | null;
  /** What the request is called in the server's log; null when it never got there. */
  readonly requestId: string | null;

  constructor(body: ProblemBody, requestId: string | null = null) {
    super(body.detail ?? body.title);
    this.name = 'Problem';
    this.status = body.status;
    this.code = body.code;
    this.detail = body.detail ?? body.title;
    this.fields = body.fields ?? [];
    this.conflicts = body.conflicts ?? [];
    this.warnings = body.warnings ?? [];
    this.retryAfterSeconds = body.retry_after_seconds ?? null;
    this.requestId = requestId;
  }

  /** The message for one field of a form, if the server had one. */
  field(name: string): string | undefined {
    return this.fields.find((error) => error.field === name)?.message;
  }
}

/** Code of a problem that never reached the server. */
export const OFFLINE = 'offline' satisfies ProblemCode;

/** Reads an answer that is not 2xx; an answer that is no problem document still becomes a [`Problem`]. */
export async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id');
  try {
    const body = (await response.json()) as ProblemBody;
    if (typeof body.code === 'string') return new Problem({ ...body, status: response.status }, requestId);
  } catch {
    // Not JSON: a proxy or a crash answered. The status says all there is.
  }
  return new Problem(
    {
      title: `${response.status} ${response.statusText}`.trim(),
      status: response.status,
      code: 'unreadable',
    },
    requestId,
  );
}
