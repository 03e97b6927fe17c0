// Which packages of others are in the program and in the images? CycloneDX documents of what is locked and recorded. Pure.

interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

/** What of deno.lock (version 5) is read. */
export interface Lock {
  /** "npm:ws@8.23.0" → "8.23.0", or with peers "2.0.1_x@1". */
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** A CycloneDX document. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies?: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  readonly type: "application" | "container" | "library";
  readonly name: string;
  readonly version: string;
  readonly "bom-ref"?: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly licenses?: readonly unknown[];
}

/** What the document about the program is made from. */
export interface Program {
  readonly version: string;
  /** Packages of deno.json of which the program holds nothing: types, and what tests need. */
  readonly leftOut: readonly string[];
  readonly lock: Lock;
}

/**
 * All npm packages that the program may contain, with their hashes: the dependencies of deno.json and what they depend
 * on, as locked. It says nothing of time and place, so the same lock gives the same document.
 */
export function programSbom({ version, leftOut, lock }: Program): Sbom {
  const roots = Object.entries(lock.specifiers)
    .map(([specifier, locked]) => ({ ...splitName(specifier.slice("npm:".length)), locked }))
    .filter(({ name }) => !leftOut.includes(name))
    .map(({ name, locked }) => `${name}@${locked}`);
  const names = [...reachable(roots, lock)].sort();
  return {
    ...about({ type: "application", name: "kube-vxlan-controller", version, "bom-ref": "program" }),
    components: names.map((name) => npmComponent(name, lock)),
    dependencies: [
      { ref: "program", dependsOn: roots.sort() },
      ...names.map((name) => ({ ref: name, dependsOn: dependenciesOf(name, lock) })),
    ],
  };
}

/** What the document about an image is made from. */
export interface ImageContents {
  readonly name: string;
  readonly version: string;
  /** Records of the Debian packages in it: the files of /var/lib/dpkg/status.d. */
  readonly records: readonly string[];
}

/** All Debian packages that an image has files of. Throws when there are none: then the records were not found. */
export function imageSbom({ name, version, records }: ImageContents): Sbom {
  const components = records.map(debianComponent);
  if (components.length === 0) {
    throw new Error(`Cannot write the SBOM of ${name}: it has no records of packages`);
  }
  components.sort((a, b) => a.name < b.name ? -1 : 1);
  return { ...about({ type: "container", name, version }), components };
}

function about(component: Component): Omit<Sbom, "components"> {
  const licenses = [{ license: { id: "Apache-2.0" } }];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...component, licenses } },
  };
}

function debianComponent(record: string): Component {
  const [name, version, architecture] = ["Package", "Version", "Architecture"].map((field) =>
    new RegExp(`^${field}: (.+)$`, "m").exec(record)?.[1]
  );
  if (name === undefined || version === undefined || architecture === undefined) {
    throw new Error(`Cannot read a record of a package: "${record.slice(0, 60)}"`);
  }
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: "library", name, version, purl };
}

function reachable(roots: readonly string[], lock: Lock): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...dependenciesOf(name, lock));
  }
  return found;
}

/** deno.lock names a dependency without its version where only one version is locked. */
function dependenciesOf(name: string, lock: Lock): readonly string[] {
  const dependencies = locked(name, lock).dependencies ?? [];
  return dependencies.map((dependency) => {
    if (dependency in lock.npm) return dependency;
    const versions = Object.keys(lock.npm).filter((one) => splitName(one).name === dependency);
    if (versions.length === 1) return versions[0] ?? dependency;
    throw new Error(`Cannot read deno.lock: "${dependency}" of ${name} has ${versions.length} versions`);
  });
}

function npmComponent(locked_: string, lock: Lock): Component {
  const { name, version } = splitName(locked_);
  const [, algorithm, hash = ""] = /^(sha\d+)-(.+)$/.exec(locked(locked_, lock).integrity) ?? [];
  if (algorithm !== "sha512") throw new Error(`Cannot read deno.lock: ${locked_} has no sha512`);
  return {
    type: "library",
    "bom-ref": locked_,
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hashes: [{ alg: "SHA-512", content: hex(hash) }],
  };
}

function locked(name: string, lock: Lock): LockedPackage {
  const found = lock.npm[name];
  if (found === undefined) throw new Error(`Cannot read deno.lock: it has no "${name}"`);
  return found;
}

/** "@a/b@1.2.3_peer@4" → "@a/b" and "1.2.3". */
function splitName(locked_: string): { readonly name: string; readonly version: string } {
  const [, name = locked_, version = ""] = /^(@?[^@]+)@([^_]+)/.exec(locked_) ?? [];
  return { name, version };
}

function hex(base64: string): string {
  return [...atob(base64)].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
