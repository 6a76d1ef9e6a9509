// Preloaded with `--import`: makes a program fail if it loads TypeScript or a package for development.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));

registerHooks({
  load(url, context, next) {
    const installed = /.*\/(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    const isForDevelopment = installed !== undefined && packages[installed]?.dev === true;
    if (isForDevelopment || /\.tsx?$/.test(url)) throw new Error(`not part of the built tree: ${url}`);
    return next(url, context);
  },
});
