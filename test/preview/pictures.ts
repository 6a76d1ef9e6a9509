import sharp from 'sharp';

/** A small scene that moves: a harbour at dusk, as a JPEG. */
export function scene(width: number, hue: number, at: number): Promise<Buffer> {
  const sun = 1080 + Math.sin(at / 900) * 160;
  const beam = 240 + Math.sin(at / 500) * 60;
  const h = (by: number) => (((hue + by) % 360) + 360) % 360;
  const clock = new Date(at).toISOString().slice(11, 23);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.round((width * 9) / 16)}" viewBox="0 0 1600 900">
    <defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="hsl(${h(190)},45%,22%)"/><stop offset=".5" stop-color="hsl(${h(340)},48%,52%)"/><stop offset=".66" stop-color="hsl(${h(10)},85%,68%)"/></linearGradient>
    <linearGradient id="b" x2="0" y2="1"><stop stop-color="hsl(${h(0)},60%,55%)"/><stop offset="1" stop-color="hsl(${h(190)},50%,12%)"/></linearGradient></defs>
    <rect width="1600" height="900" fill="url(#a)"/><circle cx="${sun}" cy="500" r="62" fill="hsl(${h(25)},95%,80%)"/>
    <rect y="560" width="1600" height="340" fill="url(#b)"/><path d="M0 580 210 500l180 60 240-110 230 130H0z" fill="hsl(${h(200)},32%,16%)"/>
    <path d="M0 900V720l160-30 120 60 190-40 90 90 200 100z" fill="hsl(${h(205)},40%,7%)"/>
    <path d="m300 580 34-430h52l34 430z" fill="hsl(${h(200)},30%,9%)"/><path d="m380 120 ${520 + beam}-70v150z" fill="hsl(48,100%,80%)" opacity=".13"/>
    <text x="1570" y="60" font-family="DejaVu Sans" font-size="30" text-anchor="end" fill="#fff">${clock}</text></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer();
}
