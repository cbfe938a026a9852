// Coming and going, in any order.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Entry, Roster } from './roster.ts';

it('holds who has come and not left, whoever leaves, and however often', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 200 }), (steps) => {
      const roster = new Roster<number>();
      const entries: Entry<number>[] = [];
      const here = new Set<number>();
      for (const [number, step] of steps.entries()) {
        // Below 20: that one leaves, who may have left already.
        const gone = step < 20 ? entries[step] : undefined;
        if (gone) {
          roster.remove(gone);
          here.delete(gone.one);
        } else {
          entries.push(roster.add(number));
          here.add(number);
        }
        expect(roster.all().toSorted((a, b) => a - b)).toEqual([...here]);
        expect(roster.size).toBe(here.size);
      }
    }),
  );
});

it('may be read while those who are read leave', () => {
  const roster = new Roster<string>();
  const entries = ['a', 'b', 'c'].map((name) => roster.add(name));
  for (const name of roster.all()) roster.remove(entries.find(({ one }) => one === name) as Entry<string>); // it is one of them
  expect(roster.all()).toEqual([]);
});
