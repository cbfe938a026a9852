// Reads Prometheus' text format, strictly: what a test asks of /metrics is what a scraper would see.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?[\d.]+(?:e[+-]?\d+)?|\+Inf|-Inf|Nan)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\n"])*)"(,|$)/y;

/** Every line has to be one of the format's, and every sample has to belong to a TYPE before it. Throws otherwise. */
export function readExposition(text: string): Sample[] {
  let family = '';
  return text.split('\n').flatMap((line): Sample[] => {
    if (line === '' || line.startsWith('# HELP ')) return [];
    const type = /^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/.exec(line)?.[1];
    if (type !== undefined) {
      family = type;
      return [];
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (name !== family && !new RegExp(`^${family}_(?:bucket|sum|count)$`).test(name))
      throw new Error(`stray: ${line}`);
    return [{ name, labels: readLabels(labels), value: Number(value.replace('+Inf', 'Infinity')) }];
  });
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (!match) throw new Error(`no labels: ${text}`);
    const [all, name = '', value = ''] = match;
    if (name in labels) throw new Error(`twice: ${text}`);
    labels[name] = value;
    at += all.length;
  }
  return labels;
}
