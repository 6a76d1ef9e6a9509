import { defineConfig } from 'vite';

/** How the browser's files are built; scripts/build.mjs adds the server's bundle of pages. */
export default defineConfig({
  appType: 'custom',
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    // Scripts that are loaded later stand beside those that load them, also for pages of other sites.
    modulePreload: { polyfill: false, resolveDependencies: () => [] },
    rollupOptions: {
      input: {
        style: 'src/pages/styles/index.css',
        live: 'src/browser/live.ts',
        player: 'src/browser/player.ts',
        photos: 'src/browser/photos.ts',
        settings: 'src/browser/settings.ts',
      },
    },
  },
});
