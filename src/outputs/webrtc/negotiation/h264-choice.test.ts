import { parseProfileLevelId } from 'h264-profile-level-id';
import { describe, expect, it } from 'vitest';
import { browserOffer } from '../../../../test/support/whep-offers.ts';
import { type PortholeError } from '../../../domain/errors.ts';
import { chooseH264, constrainedBaseline, profileRank } from './h264-choice.ts';
import { readOffer } from './offer.ts';

describe('chooseH264', () => {
  const { video } = readOffer(browserOffer, false);
  const typeFor = (profile: number, constraints: number, formats = video.formats): number =>
    chooseH264({ ...video, formats }, { profile, constraints }).payloadType;

  it("takes the stream's own profile if it is offered", () => {
    expect(typeFor(66, 0xe0)).toBe(108);
    expect(typeFor(66, 0xc0)).toBe(108);
    expect(typeFor(66, 0)).toBe(102);
    expect(typeFor(77, 0)).toBe(127);
    // Main with constraint_set4_flag, as some encoders of progressive video set it.
    expect(typeFor(77, 0x08)).toBe(127);
    expect(typeFor(100, 0)).toBe(112);
  });

  it('else takes a profile whose decoders can play the stream, or the first one', () => {
    const withoutMain = video.formats.filter((format) => format !== '127');
    expect(typeFor(77, 0, withoutMain)).toBe(112);
    expect(typeFor(244, 0)).toBe(102);
  });

  it('never takes another packetization mode', () => {
    const only = { ...video, formats: ['104', '106'] };
    expect(() => chooseH264(only, constrainedBaseline)).toThrow(
      expect.objectContaining({ code: 'offer_without_h264' }) as PortholeError,
    );
  });
});

describe('profileRank', () => {
  it('knows the same profiles as h264-profile-level-id', () => {
    let known = 0;
    for (const profile of [66, 77, 88, 100, 110, 122, 244]) {
      for (let constraints = 0; constraints < 256; constraints += 1) {
        const hex = [profile, constraints, 31].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        const other = parseProfileLevelId(hex)?.profile;
        if (other === undefined) continue;
        known += 1;
        expect(profileRank({ profile, constraints }), hex).toBe(other);
      }
    }
    expect(known).toBeGreaterThan(30);
  });
});
