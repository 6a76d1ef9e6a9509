import type { OpenStreams } from '../../src/accounts/open-streams.ts';
import { CameraParams, cameraOf } from '../../src/cameras/camera-request.ts';
import type { Cameras } from '../../src/cameras/cameras.ts';
import type { Rendition } from '../../src/domain/media/rendition.ts';
import type { Connections } from '../../src/fanout/connections.ts';
import type { FrameSource } from '../../src/fanout/frame-source.ts';
import { FrameWriter } from '../../src/fanout/frame-writer.ts';
import { PerFrame } from '../../src/fanout/per-frame.ts';
import type { Feature } from '../../src/http/kernel.ts';
import { media } from '../../src/http/security/policy.ts';
import { sendHead } from '../../src/http/send-head.ts';
import { HttpStream, type HttpStreamOptions } from '../../src/outputs/http-stream.ts';
import { mediaInput } from '../../src/outputs/media-input.ts';
import { openForViewer } from '../../src/outputs/open-for-viewer.ts';
import { responseHead } from '../../src/outputs/response-head.ts';
import { takeOver } from '../../src/outputs/take-over.ts';

const type = 'application/octet-stream';

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}

const parts = new PerFrame(({ bytes }) => Buffer.concat([lengthOf(bytes), bytes]), { keep: 'last' });

class LengthStream extends HttpStream<FrameWriter> {
  static open(frames: FrameSource, rendition: Rendition, options: HttpStreamOptions): LengthStream {
    const { connection, camera, httpVersion, extraHeaders } = options;
    const stream = new LengthStream(connection, new FrameWriter(connection, parts));
    const head = responseHead(httpVersion, { 'Content-Type': type, ...extraHeaders });
    stream.start(head, () => frames.subscribe(camera, rendition, stream), options);
    return stream;
  }
}

/** The services of {@link lengthFeature}. */
interface LengthServices {
  readonly cameras: Cameras;
  readonly streams: OpenStreams;
  readonly connections: Connections;
}

/** The second example of docs/adding-an-output.md: live JPEGs, each behind its length in four bytes. */
export function lengthFeature({ cameras, streams, connections }: LengthServices): Feature {
  return (app) => {
    const options = { ...media('viewer'), schema: { params: CameraParams } };
    app.get('/cameras/:id/frames', options, async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      if (request.method === 'HEAD') return sendHead(reply.type(type));
      await openForViewer(cameras, reply, camera);
      const { rendition } = cameras.rendition(camera.id, mediaInput(request).width);
      takeOver(streams, request, reply, ({ socket, ...taken }) =>
        LengthStream.open(cameras, rendition, { ...taken, connection: connections.of(socket), camera: camera.id }),
      );
      return reply;
    });
  };
}
