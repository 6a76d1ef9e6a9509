import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { layers, rule } from './layers.js';

RuleTester.describe = describe;
RuleTester.it = it;

const tester = new RuleTester({ languageOptions: { parser: tseslint.parser, sourceType: 'module' } });

/** @param {string} filename @param {string} code */
function file(filename, code) {
  return { filename, code };
}

/** @param {string} filename @param {string} code @param {string} messageId */
function wrong(filename, code, messageId) {
  return { filename, code, errors: [{ messageId }] };
}

tester.run('layers', rule, {
  valid: [
    file('src/media/hub.ts', `import { monotonicNow } from '../domain/clock.ts';`),
    file('src/media/hub.ts', `import { Broadcast } from './broadcast.ts'; import { pino } from 'pino';`),
    file('src/capture/sources/test.ts', `import * as av from 'node-av/lib'; import { read } from '../read.ts';`),
    file('src/pages/live.tsx', `import type { LiveView } from '../services/live-view.ts';`),
    file('src/pages/live.tsx', `import { type LiveView } from '../services/live-view.ts';`),
    file('src/browser/player.ts', `import { stateWord } from '../domain/words.ts';`),
    file('src/app.ts', `import { Hub } from './media/hub.ts'; import { readConfig } from './config.ts';`),
    file('src/config/options.ts', `import { parseSource } from '../domain/source.ts';`),
    file('src/config/config.ts', `export type { LogLevel } from './config/options.ts';`),
    file(
      'src/media/hub.test.ts',
      `import { frame } from '../../test/support/frames.ts'; import fastify from 'fastify';`,
    ),
    file('src/http/pages.ts', `const pages = await import(path);`),
    file('test/integration/app.test.ts', `import { Hub } from '../../src/media/hub.ts'; import 'node-av';`),
    file('scripts/build.mjs', `import '../src/main.ts';`),
  ],
  invalid: [
    wrong('src/domain/camera.ts', `import { Hub } from '../media/hub.ts';`, 'layer'),
    wrong('src/domain/camera.ts', `import type { Hub } from '../media/hub.ts';`, 'layer'),
    wrong('src/media/hub.ts', `import { Database } from '../store/database.ts';`, 'layer'),
    wrong('src/store/photos.ts', `export * from '../media/hub.ts';`, 'layer'),
    wrong('src/store/photos.ts', `export { Hub } from '../media/hub.ts';`, 'layer'),
    wrong('src/photos/photos.ts', `const http = await import('../http/server.ts');`, 'layer'),
    wrong('src/photos/photos.ts', `type Server = import('../http/server.ts').Server;`, 'layer'),
    wrong('src/photos/photos.ts', `import { readConfig } from '../config.ts';`, 'layer'),
    wrong('src/media/hub.test.ts', `import { Cameras } from '../services/cameras.ts';`, 'layer'),
    wrong('src/pages/live.tsx', `import { LiveView } from '../services/live-view.ts';`, 'value'),
    wrong('src/pages/live.tsx', `import { type A, LiveView } from '../services/live-view.ts';`, 'value'),
    wrong('src/browser/player.ts', `import '../pages/live.tsx';`, 'layer'),
    wrong('src/media/hub.ts', `import { frame } from '../../test/support/frames.ts';`, 'outside'),
    wrong('src/media/hub.ts', `import { Demuxer } from 'node-av';`, 'package'),
    wrong('src/main.ts', `import { Demuxer } from 'node-av/lib';`, 'package'),
    wrong('src/photos/photos.ts', `import cookie from '@fastify/cookie';`, 'package'),
    wrong('src/plugins/mqtt.ts', ``, 'unknown'),
  ],
});

describe('the table of layers', () => {
  it('names only layers that there are, and has no circle', () => {
    /** @param {string} name @param {readonly string[]} path */
    function walk(name, path) {
      expect(path, `${[...path, name].join(' → ')}`).not.toContain(name);
      expect(Object.keys(layers)).toContain(name);
      const { imports = [], types = [] } = layers[name] ?? {};
      for (const below of [...imports, ...types]) walk(below, [...path, name]);
    }
    for (const name of Object.keys(layers)) walk(name, []);
  });
});
