import type { Component } from 'svelte';

import type { Permission } from '../api/types';

// A page declares the parameters that it takes; the table cannot know them all.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Page = Component<any>;

export interface Route {
  path: string;
  load: () => Promise<{ default: Page }>;
  /** Without it the page says that it is not allowed; the server decides in any case. */
  permission?: Permission;
  /** `bare` pages fill the window without navigation. */
  layout?: 'shell' | 'bare';
  /** `wall` is the dark look for rooms and walls. */
  theme?: 'light' | 'wall';
  /** Shown without a login. */
  open?: boolean;
}

/** The URL map of the UI. Order matters: the first that fits is taken. */
export const routes: Route[] = [
  { path: '/login', load: () => import('../pages/login/LoginPage.svelte'), layout: 'bare', open: true },
  { path: '/password', load: () => import('../pages/login/PasswordPage.svelte') },
  {
    path: '/',
    load: () => import('../pages/calendar/CalendarPage.svelte'),
    permission: 'session.read',
  },
  {
    path: '/calendar',
    load: () => import('../pages/calendar/CalendarPage.svelte'),
    permission: 'session.read',
  },
  {
    path: '/sessions',
    load: () => import('../pages/sessions/SessionsPage.svelte'),
    permission: 'session.read',
  },
  {
    path: '/sessions/new',
    load: () => import('../pages/booking/BookingPage.svelte'),
    permission: 'session.book',
  },
  {
    path: '/sessions/:id',
    load: () => import('../pages/session/SessionPage.svelte'),
    permission: 'session.read',
  },
  {
    path: '/sessions/:id/edit',
    load: () => import('../pages/booking/BookingPage.svelte'),
    permission: 'session.book',
  },
  {
    path: '/sessions/:id/room',
    load: () => import('../pages/room/RoomPage.svelte'),
    permission: 'room.join',
    layout: 'bare',
    theme: 'wall',
  },
  {
    path: '/sessions/:id/attendance',
    load: () => import('../pages/attendance/AttendancePage.svelte'),
    permission: 'session.read',
  },
  {
    path: '/sessions/:id/board',
    load: () => import('../pages/attendance/BoardPage.svelte'),
    permission: 'session.read',
    layout: 'bare',
    theme: 'wall',
  },
  {
    path: '/sessions/:id/rollcall',
    load: () => import('../pages/attendance/RollCallPage.svelte'),
    permission: 'rollcall.take',
  },
  {
    path: '/sessions/:id/ledger',
    load: () => import('../pages/reports/LedgerPage.svelte'),
    permission: 'report.read',
  },
  { path: '/reports', load: () => import('../pages/reports/ReportPage.svelte'), permission: 'report.read' },
  {
    path: '/directory/units',
    load: () => import('../pages/directory/UnitsPage.svelte'),
    permission: 'directory.read',
  },
  {
    path: '/directory/endpoints',
    load: () => import('../pages/directory/EndpointsPage.svelte'),
    permission: 'directory.read',
  },
  {
    path: '/directory/rooms',
    load: () => import('../pages/directory/RoomsPage.svelte'),
    permission: 'directory.read',
  },
  {
    path: '/directory/people',
    load: () => import('../pages/directory/PeoplePage.svelte'),
    permission: 'directory.read',
  },
  { path: '/norms', load: () => import('../pages/norms/NormsPage.svelte'), permission: 'report.read' },
  {
    path: '/accounts',
    load: () => import('../pages/accounts/AccountsPage.svelte'),
    permission: 'account.write',
  },
  { path: '/audit', load: () => import('../pages/audit/AuditPage.svelte'), permission: 'audit.read' },
  { path: '/system', load: () => import('../pages/system/SystemPage.svelte'), permission: 'system.read' },
];
