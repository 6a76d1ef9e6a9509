import { expect, it } from 'vitest';
import type { Connection } from '../../fanout/connection.ts';
import type { Presentation } from './presentation.ts';
import { RtpTrack } from './rtp-track.ts';
import { RtspServerSession } from './rtsp-server-session.ts';
import type { UdpPorts } from './udp-ports.ts';

it('a session that ends while it waits for UDP ports listens on none', async () => {
  const ports = Promise.withResolvers<UdpPorts>();
  const heard = new Set<string>();
  const session = new RtspServerSession({
    frames: { subscribe: () => () => undefined },
    presentation: {
      media: [{ rendition: { codec: 'h264', width: 'source' }, track: new RtpTrack('h264', 'test') }],
    } as unknown as Presentation,
    connection: {} as Connection,
    udp: () => ports.promise,
    address: '192.0.2.1',
    owner: '',
    onCameraGone: () => undefined,
  });
  const answer = session.setUp(0, { kind: 'udp', ports: [5_000, 5_001] });
  session.close();
  ports.resolve({
    port: 20_000,
    onHeard: (address: string) => {
      heard.add(address);
      return () => heard.delete(address);
    },
  } as unknown as UdpPorts);
  expect([await answer, heard.size]).toEqual([null, 0]);
});
