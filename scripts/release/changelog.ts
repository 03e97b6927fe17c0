// What does CHANGELOG.md say of a version? Pure.

/** The part of the changelog about one version. */
export interface ChangelogEntry {
  /** What stands in parentheses behind the version: a date, or "not released". */
  readonly when: string;
  /** Without the heading. */
  readonly notes: string;
}

/** Gives the entry of a version. Throws when there is none, or nothing in it. */
export function changelogEntry(changelog: string, version: string): ChangelogEntry {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((text) => text.split(/\s/)[0] === version);
  if (part === undefined) {
    throw new Error(`Cannot find ${version} in CHANGELOG.md: no heading "## ${version} (…)"`);
  }
  const [heading = "", ...lines] = part.split("\n");
  const notes = lines.join("\n").trim();
  if (notes === "") throw new Error(`Cannot take notes from CHANGELOG.md: ${version} says nothing`);
  return { when: /\(([^)]*)\)/.exec(heading)?.[1] ?? "", notes };
}

/** Why an entry is not that of a release, or undefined: its heading must have the date. */
export function whyNotReleased({ when }: ChangelogEntry): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(when)) return undefined;
  return `its heading says "(${when})" and not the date, such as "(2026-11-30)"`;
}
