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
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        style: 'src/pages/styles/index.css',
        live: 'src/browser/live.ts',
        photos: 'src/browser/photos.ts',
        settings: 'src/browser/settings.ts',
      },
    },
  },
});
