export * from './attempt.ts';
export * from './breaker.ts';
export * from './commit.ts';
export * from './course.ts';
export * from './gate.ts';
export * from './watch.ts';
