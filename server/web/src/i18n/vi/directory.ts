export const directory = {
  'directory.units': 'Cơ quan, đơn vị',
  'directory.endpoints': 'Điểm cầu',
  'directory.rooms': 'Phòng họp',
  'directory.people': 'Cán bộ',
} as const;
