// Which files of this machine make a program run in an image: the program, its libraries, the directories around them.
import { tryCommand, whereIs } from "../run_command.ts";
import type { TarEntry } from "./tar.ts";

/** Collects the entries of a layer; a path that comes twice is taken once. */
export class RootFiles {
  readonly #entries = new Map<string, TarEntry>();

  /** An empty directory, with its parents. */
  directory(path: string, options: { readonly mode?: number; readonly owner?: number } = {}): this {
    const parent = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    if (parent) this.directory(parent);
    if (path && !this.#entries.has(relative(path))) {
      this.#entries.set(relative(path), { kind: "directory", path: relative(path), ...options });
    }
    return this;
  }

  /** A file with this content. */
  text(path: string, content: string): this {
    return this.#file(path, { content: new TextEncoder().encode(content), mode: 0o644 });
  }

  /** A symbolic link. */
  link(path: string, target: string): this {
    this.#parentOf(path);
    this.#entries.set(relative(path), { kind: "link", path: relative(path), target });
    return this;
  }

  /** A file of this machine, under another path if `as` says so. */
  async copy(source: string, options: { readonly as?: string; readonly mode?: number } = {}): Promise<this> {
    const content = await Deno.readFile(source);
    return this.#file(options.as ?? source, { content, mode: options.mode ?? 0o755 });
  }

  /** A program found in PATH (or by its path), with every library that the dynamic linker would load for it. */
  async program(name: string, options: { readonly as: string }): Promise<this> {
    const source = name.startsWith("/") ? name : await whereIs(name);
    if (!source) throw new Error(`Cannot put "${name}" into an image: it is not on this machine`);
    await this.copy(source, options);
    for (const library of await librariesOf(source)) {
      if (!this.#entries.has(relative(library))) await this.copy(library);
    }
    return this;
  }

  /** Parents before children. */
  entries(): readonly TarEntry[] {
    return [...this.#entries.values()];
  }

  #file(path: string, file: { readonly content: Uint8Array<ArrayBuffer>; readonly mode: number }): this {
    this.#parentOf(path);
    this.#entries.set(relative(path), { kind: "file", path: relative(path), ...file });
    return this;
  }

  #parentOf(path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent) this.directory(parent);
  }
}

async function librariesOf(program: string): Promise<readonly string[]> {
  // A static program makes ldd exit 1 and name nothing.
  const { stdout } = await tryCommand(["ldd", program]);
  return [...stdout.matchAll(/(\/[^\s()]+)/g)].map((match) => match[1] ?? "").filter(Boolean);
}

function relative(path: string): string {
  return path.replace(/^\/+/, "");
}
