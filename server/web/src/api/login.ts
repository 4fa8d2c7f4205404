import { answer, client, done } from './client';

export const whoAmI = () => answer(client.GET('/me'));
export const signIn = (username: string, password: string) =>
  answer(client.POST('/login', { body: { username, password } }));
export const signOut = () => done(client.POST('/logout'));
export const changePassword = (current: string, next: string) =>
  done(client.PUT('/me/password', { body: { current, new: next } }));
