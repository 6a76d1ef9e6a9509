import fc from 'fast-check';
import { SessionDescription } from 'werift';
import { describe, expect, it } from 'vitest';
import { mutatedLines, seeded } from '../../../test/support/mutations.ts';
import { browserOffer } from '../../../test/support/whep-offers.ts';
import { PortholeError } from '../../domain/errors.ts';
import { attributeOf, attributesOf, parseDescription, parseFragment } from './sdp.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
  return 'none';
}

describe('parseDescription', () => {
  it('finds the same sections as another parser', () => {
    const { sections } = parseDescription(browserOffer);
    const others = SessionDescription.parse(browserOffer).media;
    expect(sections.map(({ kind, mid, formats }) => [kind, mid, formats.map(String)])).toEqual(
      others.map(({ kind, rtp, fmt }) => [kind, rtp.muxId, fmt.map(String)]),
    );
  });

  it('keeps the attributes of the session and of each section, in their order', () => {
    const { attributes, sections } = parseDescription('v=0\r\na=x\r\na=y:1:2\r\nm=video 9 RTP/AVP 96\r\na=z\r\n');
    expect(attributes).toEqual([
      { name: 'x', value: '' },
      { name: 'y', value: '1:2' },
    ]);
    expect(sections[0]?.attributes).toEqual([{ name: 'z', value: '' }]);
    expect([attributeOf(attributes, 'y'), attributesOf(attributes, 'x')]).toEqual(['1:2', ['']]);
  });

  it('throws nothing but invalid_input, for any input', () => {
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(mutatedLines(browserOffer), fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const code = codeOf(() => {
          const { sections } = parseDescription(text);
          expect(sections.length).toBeGreaterThan(0);
          const mids = sections.map(({ mid }) => mid).filter((mid) => mid !== '');
          expect(new Set(mids).size).toBe(mids.length);
          // Tokens that an answer echoes must not be able to add lines to it.
          for (const { kind, protocol, formats, mid } of sections) {
            expect(`${kind}${protocol}${formats.join('')}${mid}`).toMatch(/^[\x21-\x7e]+$/);
          }
        });
        codes.add(code);
      }),
      seeded(3_000),
    );
    expect([...codes].sort()).toEqual(['invalid_input', 'none']);
  });

  it.each([
    ['ten thousand lines', `v=0\r\n${'a=x\r\n'.repeat(10_000)}`],
    ['a hundred sections', `v=0\r\n${'m=video 9 RTP/AVP 96\r\n'.repeat(100)}`],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseDescription(text))).toBe('invalid_input');
  });
});

describe('parseFragment', () => {
  it('needs no media sections', () => {
    expect(parseFragment('a=ice-ufrag:x\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n').attributes).toHaveLength(2);
    expect(codeOf(() => parseFragment('{"candidate":1}'))).toBe('invalid_input');
  });
});
