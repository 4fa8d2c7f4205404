export const system = {
  'system.title': 'Hệ thống',
  'accounts.title': 'Tài khoản',
  'audit.title': 'Nhật ký hệ thống',
} as const;
