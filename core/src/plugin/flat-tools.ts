// Tools for a target that has no namespaces.
import type { Tool } from '../contract/index.ts';

const OWNER = 'openai-responses';
const ABOUT = 'namespace_description';

/** The tools with what was said of a namespace in front of what its first tool says of itself: once, so that the model reads it
 * and nobody pays for it twice. The same array when nothing was said of any. */
export function flatTools(tools: readonly Tool[]): readonly Tool[] {
  if (!tools.some(isDescribed)) return tools;
  const said = new Set<string>();
  return tools.map((tool) => {
    const { namespace } = tool;
    if (namespace === undefined || !isDescribed(tool)) return tool;
    const { [ABOUT]: about, ...rest } = tool.extensions?.[OWNER] ?? {};
    const flat = { ...tool, extensions: { ...tool.extensions, [OWNER]: rest } };
    if (typeof about !== 'string' || said.has(namespace)) return flat;
    said.add(namespace);
    const own = tool.description === undefined ? '' : `\n\n${tool.description}`;
    return { ...flat, description: `About all tools named ${namespace}__…: ${about}${own}` };
  });
}

const isDescribed = ({ namespace, extensions }: Tool): boolean =>
  namespace !== undefined && extensions?.[OWNER]?.[ABOUT] !== undefined;
