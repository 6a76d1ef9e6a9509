import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Accounts } from '../accounts/accounts.ts';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import type { Principal } from '../domain/users/user.ts';
import type { Language } from '../messages/language.ts';
import type { Assets, Pages } from '../pages/models.ts';
import type { Settings } from './security/allowed-origins.ts';
import type { RequestsInTurn } from './connections/requests-in-turn.ts';
import type { Flashes } from './forms/flash.ts';
import type { PostAnswers } from './forms/post-answers.ts';
import type { AllowedHosts } from './security/allowed-hosts.ts';
import type { SetupGate } from './security/setup-gate.ts';

/** The Fastify instance that routes are registered on. Schemas type their handlers. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/**
 * A feature: a Fastify plugin that registers its routes on its own scope. Every route declares a policy (see
 * `security/policy.ts`); the kernel has checked it before the handler runs. Shared services are on `app.kernel`.
 */
export type Feature = (app: App) => void | Promise<void>;

/** The part of the configuration that concerns HTTP. */
export interface HttpConfig {
  readonly access: 'private' | 'public';
  /** The address that people type, when a proxy changes it; null otherwise. */
  readonly publicUrl: string | null;
  /** Host names of this server that an admin has given at the start. */
  readonly hosts: readonly string[];
  /** Addresses of proxies whose forwarded headers are trusted; none by default. */
  readonly trustProxy: readonly string[];
  /** PEM texts when Porthole itself serves HTTPS. */
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | null;
  /** Signs CSRF tokens; at least 32 characters, stable across restarts. */
  readonly secret: string;
  readonly version: string;
  /** The folder of the built files: `dist/public`. */
  readonly publicFolder: string;
}

/** Shared with every feature, as `app.kernel`. */
export interface Kernel {
  readonly config: HttpConfig;
  /** Renders the pages. */
  readonly pages: Pages;
  /** The browser files of each language. */
  readonly assets: Readonly<Record<Language, Assets>>;
  readonly accounts: Pick<Accounts, 'authenticate' | 'needsSetup'>;
  /** The cameras in the navigation of every page. */
  readonly cameras: { list(): readonly CameraInfo[] };
  /** Ids of cameras in the order of the client; those that are missing follow. */
  readonly cameraOrder: (request: FastifyRequest) => readonly string[];
  readonly settings: Settings;
  readonly flashes: Flashes;
  readonly postAnswers: PostAnswers;
  readonly setupGate: SetupGate;
  readonly allowedHosts: AllowedHosts;
  /** The requests of each connection, one after the other. */
  readonly turns: RequestsInTurn;
  /** Features add their metrics here. Called for each scrape; returns metrics that the principal may see. */
  readonly metrics: Set<(principal: Principal) => Registry>;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly kernel: Kernel;
  }
}
