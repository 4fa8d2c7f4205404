/** Where to go after signing in: only an address of this UI, never another host. */
export function nextAddress(wanted: string | null): string {
  if (!wanted || !wanted.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\')) return '/';
  return wanted.startsWith('/login') ? '/' : wanted;
}
