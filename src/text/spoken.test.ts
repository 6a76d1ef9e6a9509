import { describe, expect, it } from 'vitest';
import { PortholeError, problemError } from '../domain/errors.ts';
import { sentence } from '../messages/sentence.ts';
import { spoken } from './spoken.ts';

const busy = new PortholeError('camera_busy', {
  message: sentence('camera_busy_by', { name: 'obs', pid: 7 }),
  detail: '/dev/video0',
});

describe('spoken', () => {
  it('says the messages of problems in a language, wherever they are', () => {
    const state = { id: 'front', states: [{ kind: 'reconnecting', problem: busy.toJSON() }] };
    expect(spoken(state, 'de')).toEqual({
      id: 'front',
      states: [
        {
          kind: 'reconnecting',
          problem: {
            code: 'camera_busy',
            message:
              'Die Kamera wird von obs (PID 7) verwendet. Schließen Sie sie dort, dann fährt Porthole automatisch fort.',
            detail: '/dev/video0',
          },
        },
      ],
    });
  });

  it('says the message of a code, and leaves plain text alone', () => {
    expect(spoken(new PortholeError('not_signed_in').toJSON(), 'de').message).toBe('Melden Sie sich zuerst an.');
    const plain = { code: 'camera_failed', message: 'Only English.' };
    expect(spoken(plain, 'de')).toEqual(plain);
  });

  it('gives English word for word, without the sentence behind it', () => {
    expect(spoken(busy.toJSON(), 'en')).toEqual({ code: busy.code, message: busy.message, detail: busy.detail });
  });

  it('survives the way between processes', () => {
    const arrived = problemError(JSON.parse(JSON.stringify(busy)) as ReturnType<PortholeError['toJSON']>);
    expect(spoken(arrived.toJSON(), 'de')).toEqual(spoken(busy.toJSON(), 'de'));
  });

  it('says sentences that stand alone, with sentences among their values', () => {
    const mode = sentence('camera_mode_as', {
      mode: sentence('camera_mode_at', { size: '1\u00a0×\u00a02', rate: 30 }),
      format: 'nv12',
    });
    expect(spoken({ warning: mode, at: new Date(0) }, 'de')).toEqual({
      warning: '1\u00a0×\u00a02 mit 30\u00a0fps als nv12',
      at: new Date(0),
    });
  });

  it('leaves data alone that only looks like a sentence', () => {
    const odd = { key: 'constructor', values: {} };
    expect(spoken({ odd, wrong: { key: 'camera_mode_as', values: { mode: [] } } }, 'de')).toEqual({
      odd,
      wrong: { key: 'camera_mode_as', values: { mode: [] } },
    });
  });
});
