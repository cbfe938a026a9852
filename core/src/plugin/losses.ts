// Collects what a request loses on its way, each thing once.
import type { Loss } from '../contract/index.ts';

/** Most requests lose nothing. */
const NONE: readonly Loss[] = Object.freeze([]);

export class Losses {
  /** By everything that makes a loss one of its own. */
  #found: Map<string, Loss> | undefined;

  /** In the order in which they were found. */
  get list(): readonly Loss[] {
    return this.#found === undefined ? NONE : [...this.#found.values()];
  }

  /** The target has no place for it. */
  drop(field: string, reason: string): void {
    this.#add({ field, action: 'dropped', reason });
  }

  /** It is sent in another form, or as another value. */
  approximate(field: string, reason: string): void {
    this.#add({ field, action: 'approximated', reason });
  }

  /** It is not sent after all, whatever was going to become of it. */
  withdraw(field: string, reason: string): void {
    for (const [key, loss] of this.#found ?? []) if (loss.field === field) this.#found?.delete(key);
    this.drop(field, reason);
  }

  /** Takes what was found elsewhere. */
  addAll(losses: readonly Loss[]): void {
    for (const loss of losses) this.#add(loss);
  }

  #add(loss: Loss): void {
    const key = JSON.stringify([loss.field, loss.action, loss.reason]);
    this.#found ??= new Map();
    if (!this.#found.has(key)) this.#found.set(key, loss);
  }
}
