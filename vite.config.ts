import { defineConfig, type Plugin } from 'vite';

/**
 * Removes Vite's helper for imports at run time, which would preload what they import: here that is nothing, and no script
 * imports styles. It is a twentieth of the player.
 */
const withoutPreloads: Plugin = {
  name: 'without-preloads',
  enforce: 'pre',
  load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : undefined),
};

/** The build of the browser's files. The pages and the server are built by scripts/build.mjs and build-server.mjs. */
export default defineConfig({
  appType: 'custom',
  base: '/',
  publicDir: false,
  plugins: [withoutPreloads],
  logLevel: 'warn',
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    // Scripts find the scripts that they load relative to themselves, also in pages of other sites.
    modulePreload: { polyfill: false, resolveDependencies: () => [] },
    rollupOptions: {
      // The script that moves cameras is given what it uses, so that it divides none of the others into more files.
      preserveEntrySignatures: 'exports-only',
      input: {
        style: 'src/pages/styles/index.css',
        live: 'src/browser/live.ts',
        player: 'src/browser/player.ts',
        photos: 'src/browser/photos.ts',
        settings: 'src/browser/settings.ts',
        ptz: 'src/browser/ptz.ts',
      },
    },
  },
});
