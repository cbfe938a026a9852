// Durations, sizes and rates as they are written in the file, and the schemas that read them.
import { z } from 'zod';

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
/** Timers of Node hold 31 bits of milliseconds; a longer one would fire at once. */
const DURATION_MAX_MS = 2 ** 31 - 1;
const SIZE_MAX_BYTES = 2 ** 31 - 1;

const DURATION_MESSAGE = 'expected a duration such as 500ms, 30s, 5m or 1h';
const SIZE_MESSAGE = 'expected a size such as 512KiB or 32MiB, or a number of bytes';
const RATE_MESSAGE = 'expected a share such as 50%';

const amount = (text: string, units: Readonly<Record<string, number>>): number => {
  const [, digits = '', unit = ''] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  return Number(digits) * (units[unit] ?? Number.NaN);
};

/** `30s` → milliseconds, at least `minMs`. */
export const duration = (minMs = 1) =>
  z
    .string(DURATION_MESSAGE)
    .regex(/^\d+(ms|s|m|h)$/, DURATION_MESSAGE)
    .transform((text) => amount(text, DURATION_UNITS_MS))
    .refine((ms) => ms >= minMs, 'this duration must be longer than zero')
    .refine((ms) => ms <= DURATION_MAX_MS, 'this duration is longer than the longest possible, 596h');

/** `32MiB`, or a whole number of bytes → bytes. */
export const size = () =>
  z
    .union(
      [
        z
          .string()
          .regex(/^\d+(B|KiB|MiB|GiB)$/, SIZE_MESSAGE)
          .transform((text) => amount(text, SIZE_UNITS_BYTES)),
        z.int(),
      ],
      SIZE_MESSAGE,
    )
    .refine((bytes) => bytes >= 1 && bytes <= SIZE_MAX_BYTES, 'expected a size from 1B to less than 2GiB');

/** `50%` → 0.5. */
export const rate = () =>
  z
    .string(RATE_MESSAGE)
    .regex(/^\d+(\.\d+)?%$/, RATE_MESSAGE)
    .transform((text) => Number(text.slice(0, -1)) / 100)
    .refine((share) => share > 0 && share <= 1, 'expected more than 0% and at most 100%');
