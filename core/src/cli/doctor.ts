// `doctor`: each provider step by step, with a tick or a cross and the reason.
import type { Router } from '../host/index.ts';
import { type ExaminationOptions, type ExaminedFinding, type ExaminedProvider, examine } from '../server/index.ts';
import { inOneLine, print, printJson } from './print.ts';

export interface DoctorOptions extends ExaminationOptions {
  readonly json: boolean;
}

/** Prints what it finds, closes the router, and gives the exit code: 1 when a provider cannot be used. */
export async function doctor(router: Router, { call, json }: DoctorOptions): Promise<number> {
  try {
    const providers = await examine(router, { call });
    if (json) printJson({ providers });
    else print(formatExamination(providers));
    return providers.every(({ usable }) => usable) ? 0 : 1;
  } finally {
    await router.close();
  }
}

/** The findings as a person reads them. */
export function formatExamination(providers: readonly ExaminedProvider[]): string {
  const width = Math.max(...providers.flatMap(({ findings }) => findings.map((one) => titleOf(one).length)));
  const sections = providers.map(({ name, plugin, findings }) => {
    const lines = findings.map((one) => `  ${markOf(one)} ${titleOf(one).padEnd(width)}  ${inOneLine(one.detail)}`);
    return [name === plugin ? name : `${name} (plugin ${plugin})`, ...lines, ''].join('\n');
  });
  const broken = providers.filter(({ usable }) => !usable).map(({ name }) => name);
  const verdict = broken.length === 0 ? 'Every provider can be used.' : `Cannot be used: ${broken.join(', ')}.`;
  return [...sections, verdict].join('\n');
}

const titleOf = ({ what, member }: ExaminedFinding): string => (member === undefined ? what : `${member} ${what}`);

function markOf({ ok, skipped, doubt }: ExaminedFinding): string {
  if (skipped) return '–';
  if (doubt) return '!';
  return ok ? '✓' : '✗';
}
