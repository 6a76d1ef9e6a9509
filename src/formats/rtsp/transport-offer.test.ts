import { describe, expect, it } from 'vitest';
import { readTransportOffer } from './transport-offer.ts';

const tcp = (channels: readonly [number, number] | null) => ({ kind: 'tcp', channels });
const udp = (ports: readonly [number, number]) => ({ kind: 'udp', ports });

describe('readTransportOffer', () => {
  it.each([
    ['RTP/AVP/TCP;unicast;interleaved=0-1', tcp([0, 1])],
    ['RTP/AVP/TCP;interleaved=4', tcp([4, 5])],
    ['RTP/AVP/TCP;unicast', tcp(null)],
    ['rtp/avp/tcp; unicast; interleaved = 0-1', tcp([0, 1])],
    ['RTP/AVP/TCP;interleaved=254-300', null],
    ['RTP/AVP;unicast;client_port=5000-5001', udp([5000, 5001])],
    ['RTP/AVP/UDP;unicast;client_port=5000', udp([5000, 5001])],
    ['RTP/AVP;unicast;destination=192.0.2.1;client_port=5000-5001', udp([5000, 5001])],
    ['RTP/AVP;unicast;client_port=53-54', null],
    ['RTP/AVP;unicast;client_port=65535', null],
    ['RTP/AVP;unicast', null],
    ['RTP/AVP;multicast;client_port=5000-5001', null],
    ['RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1', tcp([0, 1])],
    ['RTP/AVP/TCP;unicast;mode=record;interleaved=0-1', null],
    ['RTP/SAVP;unicast;client_port=5000-5001', null],
    ['', null],
  ])('reads %s', (header, expected) => {
    expect(readTransportOffer(header)).toEqual(expected);
  });
});
