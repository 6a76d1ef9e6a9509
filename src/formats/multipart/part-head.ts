/** A number in a text that stays as it is otherwise. */
interface Field {
  /** Behind its last digit. */
  readonly end: number;
  readonly digits: number;
}

const beforeLength = 'Content-Type: image/jpeg\r\nContent-Length: ';
const beforeTime = '\r\nX-Timestamp: ';
const secondsDigits = 10;
const millisecondsDigits = 3;

/**
 * The headers of a part of `multipart/x-mixed-replace`, of which only two numbers change from frame to frame: so only their
 * digits are written anew. To put the text together each time took a tenth of all that the server does for a frame beside
 * sending it (docs/performance.md).
 */
export class PartHead {
  #bytes: Buffer = Buffer.alloc(0);
  #length: Field = { end: 0, digits: 0 };

  /** How many bytes {@link write} writes for a picture of so many bytes. */
  lengthFor(pictureLength: number): number {
    const digits = digitsOf(pictureLength);
    if (digits !== this.#length.digits) this.#begin(digits);
    return this.#bytes.length;
  }

  /**
   * Writes the headers and the empty line behind them to the start of `part`, which has room for {@link lengthFor} them.
   *
   * @param capturedAt by the wall clock, in milliseconds since the epoch
   */
  write(part: Buffer, pictureLength: number, capturedAt: number): void {
    this.lengthFor(pictureLength);
    const bytes = this.#bytes;
    writeDigits(bytes, this.#length, pictureLength);
    const milliseconds = Math.round(capturedAt);
    const seconds = Math.floor(milliseconds / 1_000);
    const end = bytes.length - '\r\n\r\n'.length;
    writeDigits(bytes, { end, digits: millisecondsDigits }, milliseconds - seconds * 1_000);
    writeDigits(bytes, { end: end - millisecondsDigits - '.'.length, digits: secondsDigits }, seconds);
    part.set(bytes);
  }

  #begin(digits: number): void {
    const time = `${'0'.repeat(secondsDigits)}.${'0'.repeat(millisecondsDigits)}`;
    this.#bytes = Buffer.from(`${beforeLength}${'0'.repeat(digits)}${beforeTime}${time}\r\n\r\n`, 'latin1');
    this.#length = { end: beforeLength.length + digits, digits };
  }
}

function digitsOf(number: number): number {
  let digits = 1;
  for (let rest = number; rest >= 10; rest /= 10) digits += 1;
  return digits;
}

function writeDigits(bytes: Buffer, { end, digits }: Field, number: number): void {
  let rest = number;
  for (let at = end - 1; at >= end - digits; at -= 1) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
}
