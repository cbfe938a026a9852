// The short form of `pnpm fuzz`: the same cases every time, for each decoder, each door over HTTP, and each answer of an upstream.
import { afterAll, describe, expect, test } from 'vitest';
import { decoderSubjects } from './decoders.ts';
import { openDoors } from './doors.ts';
import { openPlans } from './plans.ts';
import { READERS } from './readers.ts';
import { fuzz, type Subject } from './subject.ts';
import { yamlSubject } from './yaml.ts';

const SEED = 20261123;
/** What all cases of a subject together may leave behind, in MiB: caches fill, and nothing else. */
const KEPT_MIB_MAX = 48;

const plans = await openPlans();
const yaml = yamlSubject();
const doors = await openDoors();
afterAll(async () => {
  yaml.close();
  await plans.close();
  await doors.close();
});

/** `always`: nothing that it is given can be wrong. */
async function run(subject: Subject, always = false): Promise<void> {
  const { faults, taken, refused, keptMiB } = await fuzz(subject, SEED);
  expect(faults).toEqual([]);
  // Both happen, and often: what takes or refuses everything has not been tried.
  expect(taken).toBeGreaterThan(subject.cases / 50);
  if (!always) expect(refused).toBeGreaterThan(subject.cases / 50);
  expect(keptMiB).toBeLessThan(KEPT_MIB_MAX);
}

describe('decoders: a request, and what every plugin plans for it, or a refusal by name', () => {
  const subjects = decoderSubjects(plans.plan);
  test.each(subjects.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => run(subject));

  test('the plugins have planned, and refused', () => {
    expect(plans.seen.planned).toBeGreaterThan(10_000);
    expect(plans.seen.refused).toBeGreaterThan(100);
  });
});

describe('readers', () => {
  test.each(READERS.map((subject) => [subject.name, subject] as const))('%s', (name, subject) =>
    run(subject, name === 'sse-frames'),
  );
  test('yaml', () => run(yaml));
});

describe('over HTTP: no 500, and every refusal in the shape of its protocol', () => {
  test.each(doors.requests.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => run(subject));
});

describe('upstreams that answer what they like: an answer, or a failure in the shape of the protocol, never our own', () => {
  test.each(doors.answers.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => run(subject));
});
