import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeepAlive, type KeepAliveMethod } from './keep-alive.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Keeps a session of ten seconds alive for a while. @returns the requests */
async function run(offered: string, hangsUpAt: readonly KeepAliveMethod[], status = 200): Promise<KeepAliveMethod[]> {
  const asked: KeepAliveMethod[] = [];
  const ask = (method: KeepAliveMethod) => {
    asked.push(method);
    return Promise.resolve({ kind: 'reply' as const, status, reason: '', headers: [], body: Buffer.alloc(0) });
  };
  using keepAlive = new KeepAlive(ask, new Set(hangsUpAt));
  keepAlive.offered(offered);
  keepAlive.start(10);
  await vi.advanceTimersByTimeAsync(16_000);
  return asked;
}

describe('KeepAlive', () => {
  it.each<[string, KeepAliveMethod[], KeepAliveMethod[]]>([
    ['', [], ['OPTIONS', 'OPTIONS', 'OPTIONS']],
    ['OPTIONS, GET_PARAMETER', [], ['GET_PARAMETER', 'GET_PARAMETER', 'GET_PARAMETER']],
    ['OPTIONS, GET_PARAMETER', ['GET_PARAMETER'], ['OPTIONS', 'OPTIONS', 'OPTIONS']],
    ['', ['OPTIONS'], ['GET_PARAMETER', 'GET_PARAMETER', 'GET_PARAMETER']],
    ['', ['OPTIONS', 'GET_PARAMETER'], ['SET_PARAMETER', 'SET_PARAMETER', 'SET_PARAMETER']],
    ['', ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'], []],
  ])('of a camera that offers "%s" and hangs up at %j asks %j', async (offered, hangsUpAt, expected) => {
    expect(await run(offered, hangsUpAt)).toEqual(expected);
  });

  it('asks with OPTIONS after another request was refused', async () => {
    expect(await run('GET_PARAMETER', [], 400)).toEqual(['GET_PARAMETER', 'OPTIONS', 'OPTIONS']);
  });

  it('names the request at which the camera has hung up, if it was just sent', async () => {
    using keepAlive = new KeepAlive(() => new Promise(() => undefined), new Set());
    keepAlive.start(10);
    expect(keepAlive.culprit).toBeNull();
    await vi.advanceTimersByTimeAsync(5_100);
    expect(keepAlive.culprit).toBe('OPTIONS');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(keepAlive.culprit).toBeNull();
  });
});
