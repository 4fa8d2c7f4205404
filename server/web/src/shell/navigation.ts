import type { Permission } from '../api/types';
import type { Key } from '../i18n';
import type { IconName } from '../ui/icons';

export interface NavItem {
  href: string;
  label: Key;
  icon: IconName;
  permission: Permission;
  /** Other addresses that belong to this entry. */
  also?: RegExp;
}

export interface NavGroup {
  label: Key;
  items: NavItem[];
}

/** What the navigation offers; what an account may not see is left out. */
export const navigation: NavGroup[] = [
  {
    label: 'nav.group.run',
    items: [
      {
        href: '/calendar',
        label: 'calendar.title',
        icon: 'calendar',
        permission: 'session.read',
        also: /^\/$/,
      },
      {
        href: '/sessions',
        label: 'calendar.list',
        icon: 'list',
        permission: 'session.read',
        also: /^\/sessions\//,
      },
      { href: '/reports', label: 'reports.title', icon: 'chart', permission: 'report.read' },
    ],
  },
  {
    label: 'nav.group.directory',
    items: [
      { href: '/directory/units', label: 'directory.units', icon: 'unit', permission: 'directory.read' },
      {
        href: '/directory/endpoints',
        label: 'directory.endpoints',
        icon: 'endpoint',
        permission: 'directory.read',
      },
      { href: '/directory/rooms', label: 'directory.rooms', icon: 'room', permission: 'directory.read' },
      { href: '/directory/people', label: 'directory.people', icon: 'people', permission: 'directory.read' },
      { href: '/norms', label: 'norms.title', icon: 'money', permission: 'report.read' },
    ],
  },
  {
    label: 'nav.group.admin',
    items: [
      { href: '/accounts', label: 'accounts.title', icon: 'key', permission: 'account.write' },
      { href: '/audit', label: 'audit.title', icon: 'audit', permission: 'audit.read' },
      { href: '/system', label: 'system.title', icon: 'system', permission: 'system.read' },
    ],
  },
];
