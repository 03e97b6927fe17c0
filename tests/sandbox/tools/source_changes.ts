// Has somebody saved a change to the program? Watches main.ts and lib/, and waits until the saving is over.

/** Changes to the program's source. */
export interface SourceChanges {
  /** Resolves when something has changed since the last call, and nothing has for a moment; at the end too. */
  next(): Promise<void>;
  close(): void;
}

/** ms without a change after which a save counts as over: editors write several files and rename them. */
const quiet = 150;

/** Watches the program in a folder. */
export function watchSources(root: string): SourceChanges {
  // A file that is replaced by renaming is lost to a watch on the file itself, so its folder is watched.
  const watchers = [
    Deno.watchFs(root, { recursive: false }),
    Deno.watchFs(`${root}/lib`, { recursive: true }),
  ];
  let changed = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onChange = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => changed.resolve(), quiet);
  };
  for (const watcher of watchers) void follow(watcher, { root, onChange });
  return {
    next: async () => {
      await changed.promise;
      changed = Promise.withResolvers();
    },
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      changed.resolve();
    },
  };
}

async function follow(
  watcher: Deno.FsWatcher,
  { root, onChange }: { readonly root: string; readonly onChange: () => void },
): Promise<void> {
  for await (const { kind, paths } of watcher) {
    if (kind !== "access" && paths.some((path) => isSource(path, root))) onChange();
  }
}

function isSource(path: string, root: string): boolean {
  return path === `${root}/main.ts` || path.startsWith(`${root}/lib/`) && path.endsWith(".ts");
}
