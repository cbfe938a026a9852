// Collects what a request loses on its way to Bedrock, each thing once.
import type { Loss } from '@turnout/core/contract';

export class Losses {
  readonly list: Loss[] = [];

  /** The target has no place for it. */
  drop(field: string, reason: string): void {
    this.#add({ field, action: 'dropped', reason });
  }

  /** It is sent in another form, or as another value. */
  approximate(field: string, reason: string): void {
    this.#add({ field, action: 'approximated', reason });
  }

  /** Takes what was found elsewhere. */
  addAll(losses: readonly Loss[]): void {
    for (const loss of losses) this.#add(loss);
  }

  #add(loss: Loss): void {
    const known = this.list.some(
      ({ field, action, reason }) => field === loss.field && action === loss.action && reason === loss.reason,
    );
    if (!known) this.list.push(loss);
  }
}
