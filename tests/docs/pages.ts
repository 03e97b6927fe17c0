// Which documents are there, and what do they say?

/** Root of the repository. */
export const root = new URL("../../", import.meta.url);

/** Pages for users and contributors under docs/. */
const pages = [...Deno.readDirSync(new URL("docs/", root))].map(({ name }) => `docs/${name}`)
  .filter((path) => path.endsWith(".md")).sort();

/** Every document that is held to the truth, by its path from the root. */
export const documents: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "agent/README.md",
  "SECURITY.md",
  ".github/pull_request_template.md",
  ".github/ISSUE_TEMPLATE/bug.md",
  ".github/ISSUE_TEMPLATE/idea.md",
  ...pages,
];

/** The documents that users read. */
export const userDocuments: readonly string[] = [
  "README.md",
  ...pages.filter((path) => !/architecture|measurements/.test(path)),
];

/** Text of a file, by its path from the root. */
export async function text(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, root));
}
