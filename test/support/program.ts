import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The path of a program of Porthole: the source, or with `PORTHOLE_TEST_BUILT` in the environment the built tree, which
 * starts in half the time. `npm test` builds it first and sets that variable.
 */
export function program(name: 'main' | 'cli/main'): string {
  return join(root, process.env.PORTHOLE_TEST_BUILT ? `dist/server/${name}.js` : `src/${name}.ts`);
}
