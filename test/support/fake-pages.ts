import type { Assets, Pages } from '../../src/pages/models.ts';

/** Pages that show their name as the title and their model as escaped JSON. */
export const fakePages = new Proxy({} as Pages, {
  get: (_target, name) => (model: object) => {
    const json = JSON.stringify(model).replace(/</g, '&lt;');
    return `<!doctype html><title>${String(name)}</title><pre>${json}</pre>`;
  },
});

/** URLs of browser files that don't exist. */
const assets: Assets = {
  style: '/assets/style.css',
  live: '/assets/live.js',
  photos: '/p.js',
  settings: '/s.js',
  ptz: '/ptz.js',
};
export const fakeAssets = { en: assets, de: assets };
