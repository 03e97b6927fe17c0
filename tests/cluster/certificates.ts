// Who is who in the test cluster: one CA, and a certificate for each component and for the administrator.
import { Buffer } from "node:buffer";
import type { Layout } from "./layout.ts";
import { command } from "./run_command.ts";

/** A certificate to be made. `organization` is the group that RBAC sees. */
interface Subject {
  readonly file: string;
  readonly name: string;
  readonly organization?: string;
  /** For servers. */
  readonly alternativeNames?: string;
}

/** Makes the CA, the key that signs service account tokens, and the certificates, all in `DIRECTORY/pki`. */
export async function makeCertificates(cluster: Layout): Promise<void> {
  const pki = pkiDirectory(cluster);
  await Deno.mkdir(pki, { recursive: true, mode: 0o700 });
  await openssl("make the CA", [
    ...["req", "-x509", ...ellipticKey, "-nodes", "-days", "30", "-subj", "/CN=kube-vxlan-test-ca"],
    ...["-keyout", `${pki}/ca.key`, "-out", `${pki}/ca.crt`],
  ]);
  await makeTokenKey(pki);
  for (const [index, subject] of subjects(cluster).entries()) {
    await certify(pki, { subject, serial: index + 1 });
  }
}

/** Makes the pair of keys that signs and checks service account tokens, in place of an older one. */
export async function makeTokenKey(pki: string): Promise<void> {
  const [key, pub] = [`${pki}/tokens.key`, `${pki}/tokens.pub`];
  await openssl("make the token key", ["genrsa", "-out", key, "2048"]);
  await openssl("make the token key", ["rsa", "-in", key, "-pubout", "-out", pub]);
}

/** Where the certificates of a cluster are. */
export function pkiDirectory(cluster: Layout): string {
  return `${cluster.directory}/pki`;
}

/** Writes a kubeconfig (JSON is YAML) for one of the subjects. */
export async function writeKubeconfig(
  cluster: Layout,
  options: { readonly file: string; readonly subject: string; readonly server: string },
): Promise<void> {
  const data = async (file: string): Promise<string> =>
    Buffer.from(await Deno.readFile(`${pkiDirectory(cluster)}/${file}`)).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: cluster.name,
      cluster: { server: options.server, "certificate-authority-data": await data("ca.crt") },
    }],
    users: [{
      name: options.subject,
      user: {
        "client-certificate-data": await data(`${options.subject}.crt`),
        "client-key-data": await data(`${options.subject}.key`),
      },
    }],
    contexts: [{ name: cluster.name, context: { cluster: cluster.name, user: options.subject } }],
    "current-context": cluster.name,
  };
  await Deno.writeTextFile(options.file, JSON.stringify(config, null, 2), { mode: 0o600 });
}

const ellipticKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

function subjects(cluster: Layout): readonly Subject[] {
  const server = [
    ...["DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc", "DNS:localhost"],
    ...["IP:127.0.0.1", `IP:${cluster.apiServer.service}`, `IP:${cluster.managementAddress.there}`],
    ...cluster.nodes.map((node) => `IP:${node.address}`),
  ].join(",");
  return [
    { file: "apiserver", name: "kube-apiserver", alternativeNames: server },
    { file: "admin", name: "admin", organization: "system:masters" },
    { file: "apiserver-kubelet", name: "kube-apiserver-kubelet", organization: "system:masters" },
    { file: "controller-manager", name: "system:kube-controller-manager" },
    { file: "scheduler", name: "system:kube-scheduler" },
    ...cluster.nodes.map(({ name }) => ({
      file: name,
      name: `system:node:${name}`,
      organization: "system:nodes",
    })),
  ];
}

async function certify(
  pki: string,
  { subject, serial }: { readonly subject: Subject; readonly serial: number },
): Promise<void> {
  const file = `${pki}/${subject.file}`;
  const organization = subject.organization ? `/O=${subject.organization}` : "";
  await openssl(`request the certificate ${subject.file}`, [
    ...["req", ...ellipticKey, "-nodes", "-subj", `${organization}/CN=${subject.name}`],
    ...["-keyout", `${file}.key`, "-out", `${file}.csr`],
  ]);
  // An extension makes it X.509 version 3. Deno does not survive version 1 client certificates.
  const extension = subject.alternativeNames
    ? `subjectAltName=${subject.alternativeNames}\nextendedKeyUsage=serverAuth`
    : "extendedKeyUsage=clientAuth";
  await Deno.writeTextFile(`${file}.ext`, `${extension}\n`);
  await openssl(`sign the certificate ${subject.file}`, [
    ...["x509", "-req", "-in", `${file}.csr`, "-CA", `${pki}/ca.crt`, "-CAkey", `${pki}/ca.key`],
    ...["-set_serial", `${serial}`, "-days", "30", "-extfile", `${file}.ext`, "-out", `${file}.crt`],
  ]);
}

async function openssl(purpose: string, args: readonly string[]): Promise<void> {
  await command(purpose, ["openssl", ...args]);
}
