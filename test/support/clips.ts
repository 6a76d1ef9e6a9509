import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const DHT = 0xc4;
const SOS = 0xda;

/** Creates JPEGs that differ from each other, with the standard Huffman tables. */
export async function makeJpegs(count: number, width = 320, height = 240): Promise<readonly Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const hue = Math.round((index * 360) / count);
      const box = Math.round(width / 8);
      const left = Math.round((index * (width - box)) / count);
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
        <rect width="100%" height="100%" fill="hsl(${hue} 60% 40%)"/>
        <rect x="${left}" y="${index}" width="${box}" height="${box}" fill="white"/></svg>`;
      return sharp(Buffer.from(svg)).jpeg({ quality: 85, optimiseCoding: false }).toBuffer();
    }),
  );
}

/** Removes the Huffman tables from a JPEG, as many webcams do. */
export function withoutHuffmanTables(jpeg: Buffer): Buffer {
  const parts = [jpeg.subarray(0, 2)];
  let at = 2;
  for (; jpeg[at + 1] !== SOS; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] !== DHT) parts.push(jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
  }
  return Buffer.concat([...parts, jpeg.subarray(at)]);
}

/** Writes JPEGs one after another as a raw MJPEG clip; returns its path. */
export async function writeClip(folder: string, jpegs: readonly Buffer[]): Promise<string> {
  const path = join(folder, 'clip.mjpeg');
  await writeFile(path, Buffer.concat(jpegs));
  return path;
}
