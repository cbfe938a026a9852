// What the rest of the house uses of this room. It loads node:cluster: whoever serves in one process does not import it.
export * from './primary.ts';
