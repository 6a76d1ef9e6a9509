/**
 * Paints the test pattern into planar YUV 4:2:0, full range (ITU-T T.871), one buffer: Y, then U, then V.
 *
 * From top to bottom: seven colour bars with a block that moves one step a picture; the time of day and the picture's
 * number in seven-segment digits; and the number as a bar code of 32 cells, the highest bit first, white for 1, between
 * a white and a black cell on either side, so that a program can read it off the picture.
 */
export class PatternPainter {
  readonly #width: number;
  readonly #height: number;
  readonly #background: Buffer;
  readonly #image: Buffer;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#background = paintBars(width, height);
    this.#image = Buffer.from(this.#background);
  }

  /**
   * Paints the frame with this number at this time.
   *
   * @returns planar YUV 4:2:0; the same buffer on every call
   */
  paint(number: number, time: Date): Buffer {
    this.#background.copy(this.#image);
    this.#paintBlock(number);
    const unit = Math.max(1, Math.floor(this.#width / 160));
    const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'));
    const text = `${clock.join(':')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
    const top = Math.floor(this.#height * 0.55);
    this.#paintText(text, Math.floor(this.#width / 2 - (text.length * 6 * unit * 2) / 2), top, unit * 2);
    const label = String(number);
    this.#paintText(label, Math.floor(this.#width / 2 - (label.length * 6 * unit) / 2), top + unit * 20, unit);
    this.#paintCode(number);
    return this.#image;
  }

  /** Paints a white block that crosses the bars in 3 to 4 seconds. */
  #paintBlock(number: number): void {
    const size = Math.max(8, Math.floor(this.#height / 6));
    const travel = Math.max(1, this.#width - size);
    const step = Math.max(2, Math.floor(this.#width / 100));
    const place = (number * step) % (travel * 2);
    const x = place < travel ? place : travel * 2 - place;
    this.#fill(x, Math.floor(this.#height * 0.18), size, size, 250);
  }

  #paintCode(number: number): void {
    const cell = Math.floor(this.#width / 36);
    if (cell < 1) return;
    const height = Math.max(cell, Math.floor(this.#height / 12));
    const y = this.#height - height;
    this.#fill(0, y, this.#width, height, 16);
    const bits = `10${(number >>> 0).toString(2).padStart(32, '0')}10`;
    for (let index = 0; index < bits.length; index += 1) {
      if (bits[index] === '1') this.#fill(index * cell, y, cell, height, 240);
    }
  }

  /** Paints digits, `:` and `.` in cells of 5 × 9 units, one unit apart. */
  #paintText(text: string, left: number, top: number, unit: number): void {
    let x = left;
    for (const character of text) {
      for (const [column, row, columns, rows] of glyphs[character] ?? []) {
        this.#fill(x + column * unit, top + row * unit, columns * unit, rows * unit, 245);
      }
      x += 6 * unit;
    }
  }

  /** Fills a rectangle with grey, clipped to the frame. Values are in pixels. */
  #fill(left: number, top: number, width: number, height: number, grey: number): void {
    const from = Math.max(0, left);
    const to = Math.min(this.#width, left + width);
    const bottom = Math.min(this.#height, top + height);
    if (from >= to) return;
    const plane = this.#width * this.#height;
    const chromaWidth = this.#width / 2;
    for (let y = Math.max(0, top); y < bottom; y += 1) {
      this.#image.fill(grey, y * this.#width + from, y * this.#width + to);
      if (y % 2 === 1) continue;
      const row = plane + (y / 2) * chromaWidth;
      const second = row + plane / 4;
      this.#image.fill(128, row + (from >> 1), row + ((to + 1) >> 1));
      this.#image.fill(128, second + (from >> 1), second + ((to + 1) >> 1));
    }
  }
}

type Stroke = readonly [column: number, row: number, columns: number, rows: number];

/** The seven segments: top, upper right, lower right, bottom, lower left, upper left, middle. */
const segments: readonly Stroke[] = [
  [0, 0, 5, 1],
  [4, 0, 1, 5],
  [4, 4, 1, 5],
  [0, 8, 5, 1],
  [0, 4, 1, 5],
  [0, 0, 1, 5],
  [0, 4, 5, 1],
];

/** The segments of each digit. */
const digits = ['012345', '12', '01346', '01236', '1256', '02356', '023456', '012', '0123456', '012356'];

const glyphs: Readonly<Record<string, readonly Stroke[]>> = {
  ...Object.fromEntries(digits.map((lit, digit) => [digit, [...lit].map((at) => segments[Number(at)] as Stroke)])),
  ':': [
    [2, 2, 1, 1],
    [2, 6, 1, 1],
  ],
  '.': [[2, 8, 1, 1]],
};

/** Seven bars from white to blue at 75 %, above a dark background. [Y, U, V], full range. */
const bars = [
  [191, 128, 128],
  [169, 32, 144],
  [134, 160, 32],
  [112, 64, 48],
  [79, 192, 208],
  [57, 96, 224],
  [22, 224, 112],
] as const;

function paintBars(width: number, height: number): Buffer {
  const image = Buffer.alloc((width * height * 3) / 2, 128);
  const luma = width * height;
  const ground = Math.floor(height * 0.52);
  image.fill(24, 0, luma);
  bars.forEach(([y, u, v], index) => {
    const from = Math.floor((index * width) / bars.length / 2) * 2;
    const to = Math.floor(((index + 1) * width) / bars.length / 2) * 2;
    for (let row = 0; row < ground; row += 1) {
      image.fill(y, row * width + from, row * width + to);
      if (row % 2 === 1) continue;
      const chroma = luma + (row / 2) * (width / 2);
      image.fill(u, chroma + from / 2, chroma + to / 2);
      image.fill(v, chroma + luma / 4 + from / 2, chroma + luma / 4 + to / 2);
    }
  });
  return image;
}
