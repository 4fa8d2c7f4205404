import { attendance } from './attendance';
import { booking } from './booking';
import { calendar } from './calendar';
import { directory } from './directory';
import { domain } from './domain';
import { login } from './login';
import { reports } from './reports';
import { room } from './room';
import { session } from './session';
import { shell } from './shell';
import { system } from './system';

export const vi = {
  ...attendance,
  ...booking,
  ...calendar,
  ...directory,
  ...domain,
  ...login,
  ...reports,
  ...room,
  ...session,
  ...shell,
  ...system,
} as const;
