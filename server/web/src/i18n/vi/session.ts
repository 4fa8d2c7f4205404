export const session = {
  'session.title': 'Phiên giao ban',
} as const;
