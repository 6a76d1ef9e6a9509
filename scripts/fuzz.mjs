// `npm run fuzz -- --minutes 30 --seed N`: the fuzz test for longer than in `npm test`, with another seed.
import { parseArgs } from 'node:util';
import { exitCodeOf, root } from './install.mjs';
import { join } from 'node:path';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: String(Date.now()) } },
});
process.exitCode = exitCodeOf(process.execPath, [join(root, 'scripts/test.mjs'), 'test/fuzz'], {
  env: { ...process.env, PORTHOLE_FUZZ_MINUTES: values.minutes, PORTHOLE_FUZZ_SEED: values.seed },
});
