// Draws the mark as favicon and app icons, and writes the web app manifest that names them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './install.mjs';

/** Writes icons in the colours of the design tokens, and `manifest.webmanifest`, into the folder. */
export async function drawIcons(publicFolder) {
  const tokens = readFileSync(join(root, 'src/pages/styles/tokens.css'), 'utf8');
  const [darkAccent, lightAccent] = valuesOf(tokens, 'accent');
  const [background] = valuesOf(tokens, 'bg');
  const mark = readFileSync(join(root, 'src/pages/mark.svg'), 'utf8');
  const shapes = mark.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '');
  const frame = mark.match(/<svg([^>]*)>/)[1];
  writeFileSync(
    join(publicFolder, 'favicon.svg'),
    `<svg${frame}><style>svg{color:${lightAccent}}@media(prefers-color-scheme:dark){svg{color:${darkAccent}}}</style>${shapes}</svg>\n`,
  );
  mkdirSync(join(publicFolder, 'icons'));
  /** `part`: the share of the square that the mark fills; in a maskable icon it must stay within the middle 80 %. */
  const draw = async (name, size, part, corner) => {
    const inset = (32 / part - 32) / 2;
    const side = 32 + 2 * inset;
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="${-inset} ${-inset} ${side} ${side}">` +
      `<rect x="${-inset}" y="${-inset}" width="${side}" height="${side}" rx="${corner * side}" fill="${background}"/>` +
      `<g color="${darkAccent}" fill="none" stroke="currentColor" stroke-linecap="round">${shapes}</g></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(publicFolder, 'icons', `${name}.png`));
  };
  await draw('192', 192, 0.68, 0.22);
  await draw('512', 512, 0.68, 0.22);
  await draw('maskable-512', 512, 0.56, 0);
  writeFileSync(
    join(publicFolder, 'manifest.webmanifest'),
    `${JSON.stringify({
      name: 'Porthole',
      short_name: 'Porthole',
      description: 'Live cameras, at a glance.',
      id: '/',
      start_url: '/',
      scope: '/',
      display: 'standalone',
      background_color: background,
      theme_color: background,
      icons: [
        { src: '/icons/192.png', sizes: '192x192', type: 'image/png' },
        { src: '/icons/512.png', sizes: '512x512', type: 'image/png' },
        { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml' },
      ],
    })}\n`,
  );
}

/** The values of a custom property, dark first. */
function valuesOf(css, name) {
  return [...css.matchAll(new RegExp(`--${name}:\\s*([^;]+);`, 'g'))].map((match) => match[1]);
}
