import type { login as vi } from '../vi/login';

export const login: Record<keyof typeof vi, string> = {
  'login.title': 'Sign in',
  'login.username': 'User name',
  'login.password': 'Password',
  'login.submit': 'Sign in',
  'login.wrong': 'The user name or the password is wrong.',
  'login.locked':
    'The account is locked after too many wrong passwords. Try again in {time}, or ask the administrator to unlock it.',
  'login.expired': 'Your login has expired. Please sign in again.',
  'login.promise': 'Direction reaches the districts faster. Time and cost are saved.',
  'login.show': 'Show password',
  'login.hide': 'Hide password',
  'password.title': 'Change password',
  'password.current': 'Current password',
  'password.new': 'New password',
  'password.again': 'New password, again',
  'password.rule': 'At least 14 characters, with capital and small letters, digits and special characters.',
  'password.differs': 'The two entries differ.',
  'password.submit': 'Change password',
  'password.done': 'The password has been changed.',
};
