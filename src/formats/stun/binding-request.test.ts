import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindingRequest } from '../../../test/support/whep-stun.ts';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { receiverUfrag } from './binding-request.ts';

describe('receiverUfrag', () => {
  it('reads the first half of the USERNAME', () => {
    expect(receiverUfrag(bindingRequest('abcd'))).toBe('abcd');
  });

  it('returns null wherever the request is cut short', () => {
    const whole = bindingRequest('abcd');
    for (let length = 0; length < whole.length - 8; length += 1) {
      expect(receiverUfrag(whole.subarray(0, length))).toBeNull();
    }
  });

  it('never throws, and returns only bytes of the packet, for any input', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(bindingRequest('abcd')), noise()), (bytes) => {
        const ufrag = receiverUfrag(bytes);
        if (ufrag === null) return;
        read += 1;
        expect(bytes.toString('latin1')).toContain(ufrag);
        expect(ufrag).not.toContain(':');
      }),
      seeded(3_000),
    );
    expect(read).toBeGreaterThan(100);
  });
});
