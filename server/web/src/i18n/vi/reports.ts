export const reports = {
  'reports.title': 'Báo cáo',
  'ledger.title': 'Bảng tính chi phí tiết kiệm',
} as const;
