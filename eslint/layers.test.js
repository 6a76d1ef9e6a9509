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
    file('src/fanout/broadcast.ts', `import { monotonicNow } from '../domain/clock.ts';`),
    file('src/fanout/broadcast.ts', `import { Viewer } from './viewer.ts'; import { pino } from 'pino';`),
    file('src/capture/sources/test.ts', `import * as av from 'node-av/lib'; import { read } from '../read.ts';`),
    file('src/cameras/camera-pages.ts', `import type { Live } from '../pages/live.tsx';`),
    file('src/cameras/camera-pages.ts', `import { type Live } from '../pages/live.tsx';`),
    file('src/browser/player.ts', `import { stateWord } from '../text/words.ts';`),
    file(
      'src/app.ts',
      `import { Broadcast } from './fanout/broadcast.ts'; import { readConfig } from './config/config.ts';`,
    ),
    file('src/config/options.ts', `import { parseSource } from '../domain/cameras/source.ts';`),
    file('src/config/config.ts', `export type { LogLevel } from './options.ts';`),
    file(
      'src/fanout/broadcast.test.ts',
      `import { frame } from '../../test/support/frames.ts'; import fastify from 'fastify';`,
    ),
    file('src/http/server.ts', `const pages = await import(path);`),
    file(
      'test/integration/app.test.ts',
      `import { Broadcast } from '../../src/fanout/broadcast.ts'; import 'node-av';`,
    ),
    file('scripts/build.mjs', `import '../src/main.ts';`),
  ],
  invalid: [
    wrong('src/domain/cameras/camera.ts', `import { Broadcast } from '../../fanout/broadcast.ts';`, 'layer'),
    wrong('src/domain/cameras/camera.ts', `import type { Broadcast } from '../../fanout/broadcast.ts';`, 'layer'),
    wrong('src/fanout/broadcast.ts', `import { Database } from '../store/database.ts';`, 'layer'),
    wrong('src/store/database.ts', `export * from '../fanout/broadcast.ts';`, 'layer'),
    wrong('src/store/database.ts', `export { Broadcast } from '../fanout/broadcast.ts';`, 'layer'),
    wrong('src/store/database.ts', `const http = await import('../http/server.ts');`, 'layer'),
    wrong('src/store/database.ts', `type Server = import('../http/server.ts').Server;`, 'layer'),
    wrong('src/photos/photos.ts', `import { readConfig } from '../config/config.ts';`, 'layer'),
    wrong('src/fanout/broadcast.test.ts', `import { Photos } from '../photos/photos.ts';`, 'layer'),
    wrong('src/cameras/camera-pages.ts', `import { Live } from '../pages/live.tsx';`, 'value'),
    wrong('src/cameras/camera-pages.ts', `import { type A, Live } from '../pages/live.tsx';`, 'value'),
    wrong('src/browser/player.ts', `import '../pages/live.tsx';`, 'layer'),
    wrong('src/fanout/broadcast.ts', `import { frame } from '../../test/support/frames.ts';`, 'outside'),
    wrong('src/fanout/broadcast.ts', `import { Demuxer } from 'node-av';`, 'package'),
    wrong('src/main.ts', `import { Demuxer } from 'node-av/lib';`, 'package'),
    wrong('src/store/database.ts', `import cookie from '@fastify/cookie';`, 'package'),
    wrong('src/mqtt/client.ts', ``, 'unknown'),
  ],
});

describe('the table of layers', () => {
  it('names only layers that exist, and has no circle at run time', () => {
    /** @param {string} name @param {readonly string[]} path */
    function walk(name, path) {
      expect(path, `${[...path, name].join(' → ')}`).not.toContain(name);
      expect(Object.keys(layers)).toContain(name);
      const { imports = [], types = [] } = layers[name] ?? {};
      for (const below of types) expect(Object.keys(layers)).toContain(below);
      for (const below of imports) walk(below, [...path, name]);
    }
    for (const name of Object.keys(layers)) walk(name, []);
  });
});
