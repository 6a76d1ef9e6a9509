import { describe, expect, it } from 'vitest';
import { payloadTypesOf } from './payload-types.ts';
import type { MediaSection } from '../../../formats/sdp/sdp.ts';

function section(formats: readonly string[], attributes: readonly string[]): MediaSection {
  const named = attributes.map((each) => {
    const [name = '', ...value] = each.split(':');
    return { name, value: value.join(':') };
  });
  return { kind: 'video', protocol: 'UDP/TLS/RTP/SAVPF', formats, mid: '', attributes: named };
}

describe('payloadTypesOf', () => {
  it("returns those of a codec in the client's order, with their parameters", () => {
    const found = payloadTypesOf(
      section(
        ['98', '96', '97', '70', '300', 'x'],
        ['rtpmap:96 H264/90000', 'fmtp:96 packetization-mode=1', 'rtpmap:97 VP8/90000', 'rtpmap:98 h264/90000 '],
      ),
      'h264/90000',
    );
    expect(found).toEqual([
      { payloadType: 98, parameters: '' },
      { payloadType: 96, parameters: 'packetization-mode=1' },
    ]);
  });

  it('handles a payload type that is listed a thousand times once', () => {
    // Comparing each format with each map blocked the server for more than a second on an offer of 64 KB.
    const maps = Array.from({ length: 3_000 }, () => 'rtpmap:1');
    const found = payloadTypesOf(
      section(
        Array.from({ length: 10_000 }, () => '96'),
        [...maps, 'rtpmap:96 H264/90000'],
      ),
      'h264/90000',
    );
    expect(found).toEqual([{ payloadType: 96, parameters: '' }]);
  });
});
