import fastifySwagger from '@fastify/swagger';
import type { App } from './kernel.ts';

/** The description of the API, made from the routes' own schemas; routes without tags are not part of it. */
export async function registerDescription(app: App, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Porthole',
        version,
        description:
          'Watch cameras and take photos. Requests carry a session cookie, `Authorization: Bearer TOKEN` or basic ' +
          'authentication; media also accept `?token=`. With a cookie, everything but GET needs the header ' +
          '`x-csrf-token` (see /api/me). Failed requests answer `{ "error": { code, message, field?, detail? } }`. ' +
          'Live pictures and events come over the WebSocket /live.',
        license: { name: 'MIT' },
      },
      tags: [
        { name: 'cameras', description: 'Cameras and the devices of this machine' },
        { name: 'media', description: 'Live pictures, snapshots and photo files' },
        { name: 'photos', description: 'Photos' },
        { name: 'account', description: 'Who you are, your sessions and tokens' },
        { name: 'users', description: 'Everybody, for admins' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic' },
          session: { type: 'apiKey', in: 'cookie', name: 'porthole_session' },
          token: { type: 'apiKey', in: 'query', name: 'token' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }, { session: [] }],
    },
  });
}
