import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import type { LiveView } from '../../cameras/watching/live-view.ts';
import type { Photo } from '../../domain/photo.ts';
import { roleAllows } from '../../domain/users/role.ts';
import { type Principal, maySee } from '../../domain/users/user.ts';
import type { Connections } from '../../fanout/connections.ts';
import type { Feature } from '../../http/kernel.ts';
import { shownCameras } from '../../http/shell.ts';
import { languageOf } from '../../http/preferences/language.ts';
import { authenticate } from '../../http/security/gate.ts';
import { isForeign } from '../../http/security/origin.ts';
import { principalOf } from '../../http/security/policy.ts';
import type { Fmp4Tracks } from '../mp4/fmp4-track.ts';
import { EventMessage } from './event-message.ts';
import { LiveFrameEncoders } from './live-frames.ts';
import { ownerOf } from '../owner.ts';
import { LiveSocket } from './live-socket.ts';

/** Sent to a page whose sign-in has ended. */
const signedOutCode = 4401;
const goingAwayCode = 1001;
/** Sent to a page whose user has another role or other cameras now. Its credentials work for a new socket. */
const accessChangedCode = 4403;
/** How long a page whose sign-in has ended may take to close its socket, in milliseconds. */
const closeWaitMs = 500;
/** How long finding out whether a sign-in holds may take, in milliseconds; then it counts as ended. */
const recheckLimit = 2000;

/** A change of photos, as far as the socket tells of it. */
type PhotoEvent =
  | { readonly type: 'photo'; readonly photo: Photo }
  | { readonly type: 'photos-deleted'; readonly ids: readonly string[]; readonly cameraIds: readonly string[] };

/** Services of the page's socket. */
export interface LiveServices {
  readonly cameras: Cameras;
  readonly liveView: LiveView;
  readonly photos: { onChange(listener: (event: PhotoEvent) => void): () => void };
  readonly streams: OpenStreams;
  readonly connections: Connections;
  readonly tracks: Fmp4Tracks;
}

interface Page {
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly socket: LiveSocket;
}

/** The WebSocket of every page: frames and events, each for the people who may see them. */
export function pageSocketFeature({ cameras, liveView, photos, streams, connections, tracks }: LiveServices): Feature {
  return (app) => {
    const encoders = new LiveFrameEncoders(tracks);
    const pages = new Set<Page>();
    const sendTo = (may: (principal: Principal) => boolean, event: object): void => {
      const message = new EventMessage(event);
      for (const { principal, socket } of pages) if (may(principal)) socket.sendShared(message);
    };
    const unsubscribe = [
      cameras.onChange((event) => {
        if (event.type === 'camera') sendTo((principal) => maySee(principal, event.camera.id), event);
        else if (event.type === 'devices') sendTo(({ role }) => roleAllows(role, 'admin'), event);
        else {
          for (const { principal, request, socket } of pages) {
            socket.send({ type: 'cameras', cameras: shownCameras(request, principal) });
          }
        }
      }),
      photos.onChange((event) => {
        if (event.type === 'photo') sendTo((principal) => seesPhotosOf(principal, event.photo.cameraId), event);
        else {
          // Ids are opaque: they mean nothing to people who never saw the photos.
          const { type, ids, cameraIds } = event;
          sendTo((principal) => cameraIds.some((camera) => seesPhotosOf(principal, camera)), { type, ids });
        }
      }),
      liveView.onChange(({ sessionId, cameraId, watching }) => {
        const event = { type: 'watching', camera: cameraId, watching };
        sendTo((principal) => principal.sessionId === sessionId && maySee(principal, cameraId), event);
      }),
    ];
    app.addHook('onClose', (_app, done) => {
      for (const each of unsubscribe) each();
      done();
    });

    app.get(
      '/live',
      { config: { policy: 'viewer', answers: 'media', queryToken: true, embeds: true }, websocket: true },
      (socket, request) => {
        const principal = principalOf(request);
        let release = (): void => undefined;
        const live = new LiveSocket(cameras, connections, encoders, {
          socket,
          owner: ownerOf(request),
          language: languageOf(request),
          maySee: (cameraId) => maySee(principal, cameraId),
          onClose: () => {
            pages.delete(page);
            release();
          },
        });
        const page: Page = { principal, request, socket: live };
        release = streams.add({
          grant: principal.grant,
          end: (reason) => {
            if (reason === 'closing') {
              live.close(goingAwayCode, 'Porthole is stopping');
              return;
            }
            // Nothing may be sent under a grant that has ended.
            live.endViews();
            pages.delete(page);
            void isStillSignedIn(request, principal).then((changed) => {
              live.send({ type: changed ? 'access-changed' : 'signed-out' });
              live.close(changed ? accessChangedCode : signedOutCode, changed ? 'access changed' : 'signed out');
              setTimeout(() => socket.terminate(), closeWaitMs).unref();
            });
          },
        });
        pages.add(page);
        live.send({
          type: 'hello',
          cameras: shownCameras(request, principal),
          role: principal.role,
          now: Date.now(),
        });
      },
    );
  };
}

/** True if the credentials of a socket's request still belong to the same user. */
async function isStillSignedIn(request: FastifyRequest, { user, kind }: Principal): Promise<boolean> {
  const foreign = isForeign(request, request.server.kernel.config.publicUrl);
  const now = await Promise.race([authenticate(request, foreign).catch(() => null), delay(recheckLimit, null)]);
  return now !== null && now.kind === kind && now.user?.id === user?.id;
}

/** Users see photos of their cameras. The public may watch, but see no photos. */
function seesPhotosOf(principal: Principal, cameraId: string): boolean {
  return principal.user !== null && maySee(principal, cameraId);
}
