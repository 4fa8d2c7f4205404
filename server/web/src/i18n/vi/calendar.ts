export const calendar = {
  'calendar.title': 'Lịch công tác tuần',
  'calendar.list': 'Danh sách phiên',
} as const;
