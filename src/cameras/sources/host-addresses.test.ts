import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostAddresses } from './host-addresses.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Addresses by a name server that answers when the test says so. */
function make() {
  const asked: PromiseWithResolvers<readonly string[]>[] = [];
  const addresses = new HostAddresses(() => {
    const answer = Promise.withResolvers<readonly string[]>();
    asked.push(answer);
    return answer.promise;
  });
  return { addresses, asked };
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

describe('the addresses of a host', () => {
  it('are those of the latest answer', async () => {
    const { addresses, asked } = make();
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      const found = addresses.of('camera.lan');
      asked.at(-1)?.resolve([address]);
      expect(await found).toEqual([address]);
    }
  });

  it('are the last ones while the name server does not answer, which is asked once at a time', async () => {
    const { addresses, asked } = make();
    const first = addresses.of('camera.lan');
    asked[0]?.resolve(['192.0.2.1']);
    await first;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const found = addresses.of('camera.lan');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await found).toEqual(['192.0.2.1']);
    }
    expect(asked).toHaveLength(2);
    // The camera has another address since.
    const found = addresses.of('camera.lan');
    asked[1]?.resolve(['192.0.2.7']);
    expect(await found).toEqual(['192.0.2.7']);
  });

  it('are the last ones if the name server cannot be asked, and none if it does not know the name', async () => {
    const { addresses, asked } = make();
    const answers: (Error | string)[] = [failure('EAI_AGAIN'), '192.0.2.1', failure('EAI_AGAIN'), failure('ENOTFOUND')];
    const found: (readonly string[])[] = [];
    for (const answer of answers) {
      const addressesThen = addresses.of('camera.lan');
      if (typeof answer === 'string') asked.at(-1)?.resolve([answer]);
      else asked.at(-1)?.reject(answer);
      found.push(await addressesThen);
    }
    expect(found).toEqual([[], ['192.0.2.1'], ['192.0.2.1'], []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('have to be waited for at first', async () => {
    const { addresses, asked } = make();
    const found = addresses.of('camera.lan');
    await vi.advanceTimersByTimeAsync(10_000);
    asked[0]?.resolve(['192.0.2.1']);
    expect(await found).toEqual(['192.0.2.1']);
  });
});
