// What stands in a Markdown file, as far as the tests of the documents must know: tables, code, links, headings. Pure.

/** A fenced block. */
export interface CodeBlock {
  /** What stands behind the fence, such as `yaml`; may be empty. */
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly text: string;
}

/** All fenced blocks. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks = markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm);
  return [...blocks].map(([, indentation = "", language = "", text = ""]) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
  }));
}

/** Everything but fenced blocks. */
export function prose(markdown: string): string {
  return markdown.replaceAll(/^ *```\w*\n[\s\S]*?^ *```$/gm, "");
}

/** What stands between single backticks, outside of blocks. */
export function codeSpans(markdown: string): readonly string[] {
  return [...prose(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

/** Targets of links, anchors included. */
export function links(markdown: string): readonly string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(markdown: string): ReadonlySet<string> {
  const headings = prose(markdown).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) => {
      return text.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-");
    }),
  );
}

/** The cells of every row under this heading, header and rule left out. A heading deeper than it belongs to it. */
export function tableRows(markdown: string, heading: string): readonly (readonly string[])[] {
  return section(markdown, heading).split("\n")
    .filter((line, at, lines) => line.startsWith("|") && !isRule(line) && !isRule(lines[at + 1] ?? ""))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}

/** The text from one heading to the next of its level or above. Throws when there is no such heading. */
export function section(markdown: string, heading: string): string {
  const start = markdown.split("\n").findIndex((line) => /^#+ /.test(line) && line.endsWith(` ${heading}`));
  if (start < 0) throw new Error(`Cannot find the heading "${heading}"`);
  const lines = markdown.split("\n").slice(start);
  const level = lines[0]?.indexOf(" ") ?? 0;
  const end = lines.findIndex((line, at) => at > 0 && /^#+ /.test(line) && line.indexOf(" ") <= level);
  return lines.slice(0, end < 0 ? undefined : end).join("\n");
}

function isRule(line: string): boolean {
  return /^\|[-|: ]+\|$/.test(line);
}
