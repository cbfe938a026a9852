// Model names to targets.
export { modelNameFault, withoutContextSuffix } from '../config/model-name.ts';
export type { Resolved, Table, Target } from './table.ts';
export { closeNames, createTable, names, resolve } from './table.ts';
