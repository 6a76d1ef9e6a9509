import { PortholeError } from '../../domain/errors.ts';
import type { App } from '../../http/kernel.ts';
import { queryValue } from '../../http/requests.ts';
import { principalOf, type RouteConfig } from '../../http/security/policy.ts';
import { bareShell, sendFrame } from '../../http/shell.ts';
import { sentence } from '../../messages/sentence.ts';
import { CameraParams, cameraOf } from '../camera-request.ts';
import { parseWidth } from '../width-input.ts';
import type { ConnectServices } from './connect-services.ts';

const config: RouteConfig = { policy: 'viewer', answers: 'page', queryToken: true, frames: 'embed' };

/** The page that frames of other sites show: the player alone, with the token in the address. */
export function registerEmbedPage(app: App, { cameras }: Pick<ConnectServices, 'cameras'>): void {
  app.get('/cameras/:id/embed', { config, schema: { params: CameraParams } }, (request, reply) => {
    const { kind, user } = principalOf(request);
    const inAddress = kind === 'token' && request.headers.authorization === undefined;
    if (inAddress && user !== null)
      throw new PortholeError('not_allowed', { message: sentence('connect_frame_mighty') });
    const camera = cameraOf(cameras, request, request.params.id);
    const token = inAddress ? (queryValue(request, 'token') ?? null) : null;
    const width = parseWidth(queryValue(request, 'width')) ?? 'source';
    const model = { ...bareShell(request), camera, token, width, problem: null };
    return sendFrame(reply, app.kernel.pages.embed(model), 200);
  });
}
