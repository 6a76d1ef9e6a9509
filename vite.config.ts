import { defineConfig } from 'vite';

/** The build of the browser's files. The pages and the server are built by scripts/build.mjs and build-server.mjs. */
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
    // Scripts find the scripts that they load relative to themselves, also in pages of other sites.
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
