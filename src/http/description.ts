import fastifySwagger from '@fastify/swagger';
import type { App, HttpConfig } from './kernel.ts';
import { describeRoute, nameSchemas } from './openapi.ts';

/**
 * The description of the API as OpenAPI 3.1, made from the routes' own schemas; routes without tags are not part of it.
 * A schema with a title becomes a named component.
 */
export async function registerDescription(
  app: App,
  { version, publicUrl, access }: Pick<HttpConfig, 'version' | 'publicUrl' | 'access'>,
): Promise<void> {
  await app.register(fastifySwagger, {
    hideUntagged: true,
    transform: ({ schema, url, route }) => ({
      schema: describeRoute(schema ?? {}, { method: String(route.method), url, ...route.config }, access),
      url,
    }),
    transformObject: (document) => ('openapiObject' in document ? nameSchemas(document.openapiObject) : {}),
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
        license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      },
      servers: [{ url: publicUrl ?? '/', description: 'This server' }],
      tags: [
        { name: 'cameras', description: 'Cameras and the devices of this machine' },
        { name: 'controls', description: "The settings of a camera's driver, such as brightness and focus" },
        { name: 'media', description: 'Live pictures, snapshots and photo files' },
        { name: 'photos', description: 'Photos' },
        { name: 'account', description: 'Who you are, your sessions and tokens' },
        { name: 'users', description: 'Everybody, for admins' },
        { name: 'settings', description: 'Settings of the whole server, for admins' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API token' },
          basic: { type: 'http', scheme: 'basic', description: 'A user name, and a password or an API token' },
          session: { type: 'apiKey', in: 'cookie', name: 'porthole_session', description: "A browser's sign-in" },
          csrf: { type: 'apiKey', in: 'header', name: 'x-csrf-token', description: '`csrfToken` of /api/me' },
          token: { type: 'apiKey', in: 'query', name: 'token', description: 'An API token, for media' },
        },
      },
    },
  });
}
