export const booking = {
  'booking.title.new': 'Đăng ký phiên giao ban',
  'booking.title.edit': 'Sửa phiên giao ban',
} as const;
