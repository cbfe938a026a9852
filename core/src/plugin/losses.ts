// Collects what a request loses on its way, each thing once.
import type { Loss } from '../contract/index.ts';

export class Losses {
  list: Loss[] = [];

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
    this.list = this.list.filter((loss) => loss.field !== field);
    this.drop(field, reason);
  }

  /** Takes what was found elsewhere. */
  addAll(losses: readonly Loss[]): void {
    for (const loss of losses) this.#add(loss);
  }

  #add(loss: Loss): void {
    const isSame = ({ field, action, reason }: Loss): boolean =>
      field === loss.field && action === loss.action && reason === loss.reason;
    if (!this.list.some(isSame)) this.list.push(loss);
  }
}
