import { describe, expect, it } from 'vitest';
import { choicesOf, loudness, mediaProblem, stillThere } from './devices';

function device(kind: MediaDeviceKind, deviceId: string, label = deviceId): MediaDeviceInfo {
  return { kind, deviceId, label, groupId: '', toJSON: () => ({}) };
}

function named(name: string): Error {
  const error = new Error(name);
  error.name = name;
  return error;
}

describe('why there is no camera', () => {
  it('tells a refusal from a missing and from a busy device', () => {
    expect(mediaProblem(named('NotAllowedError'), true)).toBe('denied');
    expect(mediaProblem(named('NotFoundError'), true)).toBe('missing');
    expect(mediaProblem(named('NotReadableError'), true)).toBe('busy');
    expect(mediaProblem('what', true)).toBe('failed');
  });

  it('names a page without HTTPS before anything else', () => {
    expect(mediaProblem(new TypeError('undefined'), false)).toBe('insecure');
  });
});

describe('the list of devices', () => {
  it('has each device of a kind once', () => {
    const all = [
      device('audioinput', 'default'),
      device('audioinput', 'communications'),
      device('audioinput', 'jabra'),
      device('videoinput', 'cam'),
      device('videoinput', ''),
    ];
    expect(choicesOf(all, 'audioinput').map((one) => one.id)).toEqual(['jabra']);
    expect(choicesOf(all, 'videoinput').map((one) => one.id)).toEqual(['cam']);
  });

  it('falls back to the system’s choice when a remembered device is gone', () => {
    expect(stillThere('old', [{ id: 'new', label: '' }])).toBe('');
    expect(stillThere('new', [{ id: 'new', label: '' }])).toBe('new');
  });
});

describe('the level meter', () => {
  it('is empty in silence, full at full scale, and shows quiet speech', () => {
    expect(loudness(new Float32Array(512))).toBe(0);
    expect(loudness(new Float32Array(512).fill(1))).toBe(1);
    expect(loudness(new Float32Array(512).fill(0.01))).toBeGreaterThan(0.3);
  });
});
