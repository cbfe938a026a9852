// In which order the choices of a group are asked.
import type { Choice, Group } from '../routing/index.ts';

/** The choices of a group, the one to ask first in front. */
export function arrange<T>({ choices }: Group<T>): readonly Choice<T>[] {
  return choices;
}
