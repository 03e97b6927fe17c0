// Which linters look at which of our files, how are they called, and which mistake must each of them find?
import { goTool } from "../tools/go_tools.ts";
import { pythonTool } from "../tools/python_tools.ts";
import { whereIs } from "../cluster/run_command.ts";

/** One linter. */
export interface Linter {
  readonly name: string;
  /** Whether it looks at the file (or, for a chart, at the folder) of this path below the repository. */
  readonly looksAt: (path: string, firstLine: string) => boolean;
  /** Its command line, without the files. Throws when it cannot be had. */
  readonly command: () => Promise<readonly string[]>;
  /** A file with a mistake and a word of what the linter says of it: else one that looks at nothing would be content. */
  readonly mistake: { readonly path: string; readonly text: string; readonly finding: RegExp };
}

/** All linters that are no part of Deno. */
export const linters: readonly Linter[] = [
  {
    name: "actionlint",
    looksAt: isWorkflow,
    // It hands `run:` scripts to shellcheck, and says nothing when there is none.
    command: async () => [await goTool("actionlint"), "-no-color", "-shellcheck", await shellcheck()],
    mistake: {
      path: ".github/workflows/mistake.yml",
      text:
        'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo "${{ gitub.ref }}"\n',
      finding: /undefined variable "gitub"/,
    },
  },
  {
    name: "zizmor",
    looksAt: isWorkflow,
    // Offline: what it would ask GitHub changes from day to day.
    command: async () => [await pythonTool("zizmor"), "--offline", "--no-progress", "--color=never"],
    mistake: {
      path: ".github/workflows/mistake.yml",
      text:
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n",
      finding: /unpinned action reference/,
    },
  },
  {
    name: "shellcheck",
    looksAt: (path, firstLine) => path.endsWith(".sh") || /^#!.*\b(ba)?sh\b/.test(firstLine),
    command: async () => [await shellcheck()],
    mistake: { path: "mistake.sh", text: '#!/bin/sh\ncd "$1"\nrm -r *\n', finding: /SC2164/ },
  },
  {
    name: "hadolint",
    looksAt: (path) => /(^|[/.])Dockerfile$/.test(path),
    command: async () => [await pythonTool("hadolint"), "--no-color"],
    mistake: { path: "Dockerfile", text: "FROM debian\nRUN apt-get install curl\n", finding: /DL3006/ },
  },
  {
    name: "helm lint",
    looksAt: (path) => path.endsWith("/Chart.yaml"),
    command: async () => [await goTool("helm"), "lint", "--strict"],
    mistake: {
      path: "mistake/Chart.yaml",
      text: "apiVersion: v2\nname: mistake\nversion: one\n",
      finding: /version 'one' is not a valid SemVer/,
    },
  },
];

function isWorkflow(path: string): boolean {
  return /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path);
}

async function shellcheck(): Promise<string> {
  const program = await whereIs("shellcheck");
  if (program) return program;
  throw new Error(
    "Cannot run shellcheck: it is not on this machine; Debian has it as a package (shellcheck)",
  );
}
