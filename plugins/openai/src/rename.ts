// The answer's `model` becomes the client's name of it; every other byte stays as it is.
import { replaceModel, type SseFrame } from '@turnout/core/plugin';

/** A name as it stands among bytes that are read as one letter each: that way what is not understood survives. */
const lettersOf = (name: string): string => Buffer.from(name).toString('latin1');

/** A whole answer: an object with a member `model`. */
export function renamed(body: Buffer, model: string): Buffer {
  const text = body.toString('latin1');
  const replaced = replaceModel(text, lettersOf(model));
  return replaced === text ? body : Buffer.from(replaced, 'latin1');
}

const DATA = 'data:';

/** The bytes of an event, read as one letter each. */
export const letters = ({ bytes }: SseFrame): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** An event whose data is an object with a member `model`, or `within` such a member of it. `text`: its letters. Data of several
 * lines becomes one line: line ends in JSON are space between its signs. */
export function renamedFrame({ bytes, data }: SseFrame, text: string, model: string, within?: string): Uint8Array {
  const start = text.startsWith(DATA) ? 0 : text.indexOf(`\n${DATA}`) + 1;
  if (!text.startsWith(DATA, start)) return bytes;
  if (text.includes(`\n${DATA}`, start)) {
    const head = text.slice(0, start) + DATA;
    const joined = replaceModel(data().replaceAll('\n', ' '), model, within);
    return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(` ${joined}\n\n`)]);
  }
  const json = text.slice(start + DATA.length);
  const replaced = replaceModel(json, lettersOf(model), within);
  return replaced === json ? bytes : Buffer.from(text.slice(0, start + DATA.length) + replaced, 'latin1');
}

/** Members of an object, none of which holds another, up to and with its model. */
const HEAD =
  /^data: ?\{(?:"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|[-\d.eE+]+|null|true|false),)*?"model":("(?:[^"\\\n]|\\.)*")/;

/** A name stands early or is not sought: the search takes stack by the letter. */
const HEAD_LENGTH_MAX = 4096;

export interface Head {
  readonly was: string;
  readonly is: string;
}

/** How an event begins, up to and with its model, and how it is to begin; undefined where the model is not among the first. In letters. */
export function headOf(text: string, model: string): Head | undefined {
  const [was, value] = HEAD.exec(text.slice(0, HEAD_LENGTH_MAX)) ?? [];
  if (was === undefined || value === undefined) return undefined;
  return { was, is: was.slice(0, was.length - value.length) + lettersOf(JSON.stringify(model)) };
}
