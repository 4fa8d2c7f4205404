export const attendance = {
  'attendance.title': 'Bảng theo dõi điểm cầu',
  'rollcall.title': 'Điểm danh',
} as const;
