// Model names to targets.
export { modelNameFault, withoutContextSuffix } from '../config/model-name.ts';
export { allTargetsOf, type Choice, type Group, mapGroup, orderedGroup, type Turns, targetsOf } from './group.ts';
export type { Resolved, Settings, Table, Target } from './table.ts';
export { closeNames, createTable, NO_SETTINGS, names, resolve } from './table.ts';
