export interface Toast {
  id: number;
  tone: 'ok' | 'warn' | 'bad';
  text: string;
}

const SHOWN_MS = 6_000;

let list = $state<Toast[]>([]);
let last = 0;

/** Short messages at the edge of the page. A failure stays until it is closed. */
export const toasts = {
  get list(): Toast[] {
    return list;
  },
  say(text: string, tone: Toast['tone'] = 'ok'): void {
    const id = ++last;
    list = [...list.filter((toast) => toast.text !== text), { id, tone, text }];
    if (tone !== 'bad') setTimeout(() => toasts.close(id), SHOWN_MS);
  },
  close(id: number): void {
    list = list.filter((toast) => toast.id !== id);
  },
};
