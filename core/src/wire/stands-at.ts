// Comparing a few bytes where they stand.

/** Whether a block of bytes stands in a view at `start`; false where it would reach beyond the view. Four bytes at a time: what is compared
 * for each frame of a stream is short, and a call of Buffer's `compare` costs more than that. */
export function standsAt(view: DataView, start: number, block: DataView): boolean {
  const { byteLength } = block;
  if (start + byteLength > view.byteLength) return false;
  let at = 0;
  for (; at + 4 <= byteLength; at += 4) if (view.getInt32(start + at) !== block.getInt32(at)) return false;
  for (; at < byteLength; at++) if (view.getUint8(start + at) !== block.getUint8(at)) return false;
  return true;
}

/** A text to compare with. */
export const blockOf = (text: string): DataView => new DataView(new TextEncoder().encode(text).buffer);
