import { m } from '#messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { checkTokenLimits, expiryOf } from '../../accounts/account-rules.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import { answerFor } from '../../http/errors.ts';
import { attempt } from '../../http/forms/form-answers.ts';
import { Field } from '../../http/forms/forms.ts';
import type { App } from '../../http/kernel.ts';
import { languageOf } from '../../http/preferences/language.ts';
import { ownAddress } from '../../http/own-address.ts';
import { queryValue, wantsJson } from '../../http/requests.ts';
import { page, type RouteConfig, userOf, principalOf } from '../../http/security/policy.ts';
import { sendPage, shellFor } from '../../http/shell.ts';
import type { ConnectModel } from '../../pages/models.ts';
import { CameraParams, cameraOf } from '../camera-request.ts';
import { parseWidth } from '../width-input.ts';
import type { ConnectServices } from './connect-services.ts';

/** A token for one camera. */
const TokenForm = Type.Object({
  /** What uses it: `name`, or the button of a program that was pressed. */
  name: Type.Optional(Type.String({ maxLength: 200 })),
  program: Type.Optional(Field),
  /** Days until it ends; empty for never. */
  days: Type.Optional(Field),
});
const highestFps = 240;

/** The page with a camera's addresses, and its form that creates a token for them. */
export function registerConnectPage(app: App, { cameras, accounts, rtsp }: ConnectServices): void {
  const url = '/cameras/:id/connect';
  const { config, pages, settings } = app.kernel;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    camera: CameraInfo,
    made: Partial<Pick<ConnectModel, 'newToken' | 'program' | 'typed'>> & { readonly error?: PortholeError } = {},
  ): Promise<FastifyReply> => {
    const model: ConnectModel = {
      ...shellFor(request, reply),
      camera,
      server: ownAddress(request),
      rtsp: rtspAddress(ownAddress(request), rtsp?.port ?? null),
      ...chosen(request),
      program: made.program ?? queryValue(request, 'program') ?? null,
      newToken: made.newToken ?? null,
      mayCreateToken: config.access === 'private' && principalOf(request).user !== null,
      origins: await settings.corsOrigins(),
      error: made.error?.toJSON() ?? null,
      ...(made.typed === undefined ? {} : { typed: made.typed }),
    };
    const status = made.error === undefined ? 200 : answerFor(made.error).status;
    return sendPage(reply, pages.connect(model), status, request.url);
  };

  app.get(url, { ...framesNever('viewer'), schema: { params: CameraParams } }, (request, reply) =>
    show(request, reply, cameraOf(cameras, request, request.params.id)),
  );
  app.post(
    url,
    { ...framesNever('signedIn'), schema: { params: CameraParams, body: TokenForm } },
    async (request, reply) => {
      const camera = cameraOf(cameras, request, request.params.id);
      const { name = '', program = '', days = '' } = request.body;
      const made = await attempt(request, async () => {
        const now = Date.now();
        const given = { scope: 'watch', cameras: [camera.id], expiresAt: expiryOf(days, now) };
        const limits = checkTokenLimits(given, now);
        const purpose = (program || name.trim() || m.connect_other_program({}, { locale: languageOf(request) })).slice(
          0,
          60,
        );
        return accounts.tokens.create(
          { username: userOf(request).username, name: purpose, ...limits },
          principalOf(request),
        );
      });
      if (made instanceof PortholeError) return show(request, reply, camera, { error: made, typed: { name, days } });
      if (wantsJson(request)) return reply.code(201).header('cache-control', 'no-store').send(made);
      return show(request, reply, camera, {
        newToken: { ...made.info, token: made.token },
        ...(program === '' ? {} : { program }),
      });
    },
  );
}

/** The address of RTSP: the same host as the pages. */
function rtspAddress(server: string, port: number | null): string | null {
  return port === null ? null : `rtsp://${new URL(server).hostname}:${port}`;
}

/** Pages with forms for accounts never appear in frames of other sites. */
function framesNever(policy: 'viewer' | 'signedIn'): { readonly config: RouteConfig } {
  return { config: { ...page(policy).config, frames: 'never' } };
}

/** The size and frame rate in the address. Values out of range count as the default. */
function chosen(request: FastifyRequest): Pick<ConnectModel, 'width' | 'fps'> {
  const fps = Number(queryValue(request, 'fps') ?? '');
  return {
    width: parseWidth(queryValue(request, 'width')) ?? 'source',
    fps: fps >= 1 && fps <= highestFps ? Math.round(fps) : null,
  };
}
