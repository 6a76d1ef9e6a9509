// A reporter for Vitest: writes what scripts/test.mjs adds up to the file PORTHOLE_TEST_REPORT, as JSON.
import { writeFileSync } from 'node:fs';

export default class TestReport {
  onTestRunEnd(modules, unhandledErrors) {
    const files = modules.map((module) => {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      const count = (...wanted) => states.filter((state) => wanted.includes(state)).length;
      return {
        path: module.moduleId,
        // Also if it could not be loaded, or one of its hooks failed.
        ok: module.ok(),
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped', 'pending'),
      };
    });
    // An error outside of all tests, such as an unhandled rejection, belongs to no file.
    const report = { files, errors: unhandledErrors.length };
    writeFileSync(process.env.PORTHOLE_TEST_REPORT, JSON.stringify(report));
  }
}
