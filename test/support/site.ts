import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BrowserContextOptions,
  type BrowserContext,
  type Browser,
  type LaunchOptions,
  type Page,
} from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { launchBrowser } from './browser.ts';
import { adminPassword, type ServerOptions, startServer, type TestServer } from './server.ts';

/** A camera with motion, small enough to show several on a slow machine. */
export const frontCamera = ['--camera', 'front=test:?width=640&height=480&fps=15'] as const;

/** The size of {@link frontCamera}. */
export const frontSize = { width: 640, height: 480 } as const;

/** What the console reports while a server is away: it stops before, during or after a request. */
export const serverAway =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|WebSocket connection to/;

const admin = { name: 'admin', password: adminPassword };

/** Options of a visitor. A `null` user has not signed in; the default is the admin. */
export interface VisitorOptions extends BrowserContextOptions {
  readonly user?: { readonly name: string; readonly password: string } | null;
  /** False for a browser without WebRTC, so that H.264 comes over the socket; true by default. */
  readonly webRtc?: boolean;
  /** The console messages that this test allows, such as the reply to a wrong password. */
  readonly complaints?: RegExp;
  /** True for a visitor of several tests, who stays until the file ends. */
  readonly stays?: boolean;
}

/** One server and one browser for the tests of a file. */
export interface Site {
  readonly server: TestServer;
  readonly browser: Browser;
  /**
   * Opens a new browser context, signed in. It is closed when the test (or file) ends, which fails if the console has
   * reported anything: an error, a violation of the content security policy, or a missing file.
   */
  visitor(options?: VisitorOptions): Promise<BrowserContext>;
  /** Opens a page of a new {@link visitor}. */
  open(path: string, options?: VisitorOptions): Promise<Page>;
  /**
   * Stops the server and starts it again at the same address with the same data.
   *
   * @param meanwhile called while it is stopped
   */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

/** Starts a server and a browser before the tests of a file, and stops them afterwards. */
export function useSite(options: ServerOptions = { args: frontCamera }, launch: LaunchOptions = {}): Site {
  let server: TestServer | undefined;
  let browser: Browser | undefined;
  let data = '';
  const departures: (() => Promise<void>)[] = [];
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new TypeError('the site exists only while tests run');
    return part;
  };
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'porthole-data-'));
    [server, browser] = await Promise.all([startServer({ ...options, data }), launchBrowser(launch)]);
  });
  afterAll(async () => {
    try {
      for (const leave of departures) await leave();
    } finally {
      await browser?.close();
      await server?.stop();
      await rm(data, { recursive: true, force: true });
    }
  });
  const site: Site = {
    get server() {
      return there(server);
    },
    get browser() {
      return there(browser);
    },
    async visitor({ user = admin, complaints, webRtc = true, stays = false, ...context } = {}) {
      const visitor = await site.browser.newContext({
        baseURL: site.server.url,
        locale: 'en-GB',
        viewport: { width: 1280, height: 800 },
        ...context,
      });
      visitor.setDefaultTimeout(20_000);
      if (!webRtc) await visitor.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'));
      const heard = listen(visitor);
      const leave = async (): Promise<void> => {
        await visitor.close();
        const unexpected = heard.filter((line) => complaints?.test(line) !== true);
        expect(unexpected, "what the browser's console complained of").toEqual([]);
      };
      if (stays) departures.push(leave);
      else onTestFinished(leave);
      if (user !== null) {
        const client = await site.server.signIn(user.name, user.password);
        await visitor.addCookies(
          client.cookie.split('; ').map((pair) => ({
            name: pair.slice(0, pair.indexOf('=')),
            value: pair.slice(pair.indexOf('=') + 1),
            url: site.server.url,
          })),
        );
      }
      return visitor;
    },
    async open(path, visitorOptions = {}) {
      const page = await (await site.visitor(visitorOptions)).newPage();
      await page.goto(path);
      return page;
    },
    async restart(meanwhile) {
      const { port } = new URL(site.server.url);
      await site.server.stop();
      await meanwhile?.();
      server = await startServer({ ...options, data, args: [...(options.args ?? []), '--port', port] });
    },
  };
  return site;
}

/** Polls until a value is as expected. The time limit only ends tests that hang. */
export function eventually<T>(read: () => T | Promise<T>, message?: string) {
  return expect.poll(read, { timeout: 20_000, interval: 60, ...(message === undefined ? {} : { message }) });
}

/** Collects the errors of a browser's pages. */
function listen(visitor: BrowserContext): readonly string[] {
  const heard: string[] = [];
  visitor.on('console', (message) => {
    // Leaving a page while its socket opens is not an error, although Chromium reports it.
    const remark = message.text().endsWith('WebSocket is closed before the connection is established.');
    // Neither is a WebRTC session that the server ends before the page does, although Chromium reports the 404.
    const ended = message.text().includes('status of 404') && /\/whep\/[\w-]+$/.test(message.location().url);
    if (remark || ended || (message.type() !== 'error' && message.type() !== 'warning')) return;
    heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  visitor.on('weberror', (error) => heard.push(`thrown: ${error.error().stack ?? String(error.error())}`));
  visitor.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return heard;
}
