// Tools of namespaces by one flat name each, for targets that know no namespaces; and back.

/** What the model calls the search among tools that the client itself does. */
export const TOOL_SEARCH = 'tool_search';

/** A tool as a Responses client calls it. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** The flat names of a request's namespaced tools. One per request. */
export class ToolNames {
  /** Namespace → own name → flat name. */
  readonly #flat = new Map<string, Map<string, string>>();
  readonly #local = new Map<string, NamespacedName>();
  readonly #taken: Set<string>;
  #searches = false;

  /** `plain`: the names of the tools that are in no namespace, which no flat name may equal. */
  constructor(plain: Iterable<string>) {
    this.#taken = new Set(plain);
  }

  /** The flat name of a tool, made when it is not there yet: `<namespace>__<name>`, with a number where that is taken. */
  add(namespace: string, name: string): string {
    const known = this.find(namespace, name);
    if (known !== undefined) return known;
    const wanted = `${namespace}__${name}`;
    let flat = wanted;
    for (let count = 2; this.#taken.has(flat); count++) flat = `${wanted}_${count}`;
    this.#taken.add(flat);
    this.#local.set(flat, { namespace, name });
    const names = this.#flat.get(namespace);
    if (names) names.set(name, flat);
    else this.#flat.set(namespace, new Map([[name, flat]]));
    return flat;
  }

  /** The client searches among tools itself, under `TOOL_SEARCH`. False when another tool has that name. */
  addSearch(): boolean {
    if (!this.#taken.has(TOOL_SEARCH)) this.#searches = true;
    return this.#searches;
  }

  /** Whether a call of this name is a search that the client does. */
  isSearch(flat: string): boolean {
    return this.#searches && flat === TOOL_SEARCH;
  }

  /** undefined for a tool that has not been added. */
  find(namespace: string, name: string): string | undefined {
    return this.#flat.get(namespace)?.get(name);
  }

  /** What the client calls the tool of a flat name; undefined for one that is in no namespace. */
  local(flat: string): NamespacedName | undefined {
    return this.#local.get(flat);
  }
}
