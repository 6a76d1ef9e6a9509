import { describe, expect, it } from 'vitest';
import { readSession, readTransport } from './transport.ts';

describe('readSession', () => {
  it.each([
    ['12345678', '12345678', null],
    ['12345678;timeout=60', '12345678', 60],
    [' 12345678 ; timeout = 30 ', '12345678', 30],
    ['12345678;Timeout="45"', '12345678', 45],
    ['12345678;foo=bar;timeout=20s', '12345678', 20],
    ['12345678;timeout:15', '12345678', 15],
    ['ab$-_.+:/12;timeout=0', 'ab$-_.+:/12', null],
    ['12345678;xtimeout=5', '12345678', null],
    [';timeout=60', null, 60],
    [undefined, null, null],
  ])('reads %j', (header, id, timeout) => {
    expect(readSession(header)).toEqual({ id, timeout });
  });
});

describe('readTransport', () => {
  it.each([
    ['RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=12', { channels: [0, 1], serverPort: null, isUdp: false }],
    ['RTP/AVP/TCP;unicast;interleaved = "8 - 9"', { channels: [8, 9], serverPort: null, isUdp: false }],
    ['RTP/AVP/TCP;interleaved=4', { channels: [4], serverPort: null, isUdp: false }],
    ['RTP/AVP;unicast;interleaved=0-1', { channels: [0, 1], serverPort: null, isUdp: false }],
    ['RTP/AVP/TCP;unicast', { channels: [], serverPort: null, isUdp: false }],
    ['RTP/AVP', { channels: [], serverPort: null, isUdp: false }],
    [undefined, { channels: [], serverPort: null, isUdp: false }],
    ['RTP/AVP;unicast;client_port=0-0;server_port=6970-6971', { channels: [], serverPort: 6970, isUdp: true }],
    ['RTP/AVP/UDP;unicast;client_port=5000-5001', { channels: [], serverPort: null, isUdp: true }],
  ])('reads %j', (header, expected) => {
    expect(readTransport(header)).toEqual(expected);
  });
});
