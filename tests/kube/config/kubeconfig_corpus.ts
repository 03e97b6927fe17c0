// What kubeconfigs are there in the world? Forms of clouds, distributions and tools, and corners of the format.

/** One case: files, and what each reader makes of them. */
export interface KubeconfigCase {
  readonly it: string;
  /** In the order of KUBECONFIG. Words in capitals are replaced: see `fill` in the test. */
  readonly files: readonly string[];
  /** As whom to ask besides, on the command line. */
  readonly flags?: readonly string[];
  /** What the server is asked as by us, "/path Authorization as CN"; "refused" when it is asked nothing. */
  readonly ours: string;
}

/**
 * A file with one cluster, user and context of the name `a`; the texts are the indented fields. The user has a token unless
 * it is said otherwise: without anything kubectl asks for a name on the terminal, and looks at nothing else.
 */
function file(
  { cluster = "", user = "", more = "" }: { cluster?: string; user?: string; more?: string },
): string {
  return `apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a, namespace: ns}}]
clusters:
- name: a
  cluster:
    server: SERVER
    certificate-authority-data: CA_DATA
${cluster}
users:
- name: a
  user:
${user || "    token: t"}
${more}`;
}

/** An exec section of the version `v1beta1` or `v1`. */
function plugin(fields: string, version = "v1beta1"): string {
  return `    exec:
      apiVersion: client.authentication.k8s.io/${version}
      command: DIR/plugin
      interactiveMode: IfAvailable
${fields}`;
}

const certificates = `    client-certificate-data: CERT_DATA
    client-key-data: KEY_DATA`;

const actsAs = `
    as: ann
    as-uid: "7"
    as-groups: ["system:authenticated", "a, b"]
    as-user-extra: {scopes: [view, edit], reason: [x]}`;

/** Its groups, as they are noted. */
const everybody = "group=a, b group=system:authenticated";

/** The corpus. */
export const kubeconfigCorpus: readonly KubeconfigCase[] = [
  // Clouds, distributions, tools.
  {
    it: "EKS: aws eks get-token, env null",
    files: [
      file({
        user: plugin(
          "      args: [--region, eu, eks, get-token]\n      env: null\n      provideClusterInfo: false",
        ),
      }),
    ],
    ours: "/ Bearer plugin as nobody",
  },
  {
    it: "GKE: gke-gcloud-auth-plugin with cluster info and an install hint",
    files: [
      file({ user: plugin("      installHint: |\n        Install it\n      provideClusterInfo: true") }),
    ],
    ours: "/ Bearer plugin.ca as nobody",
  },
  {
    it: "AKS: kubelogin, v1, no interactive mode given",
    files: [
      file({
        user: plugin("      args: [get-token]", "v1").replace("      interactiveMode: IfAvailable\n", ""),
      }),
    ],
    ours: "/ Bearer plugin as nobody",
  },
  { it: "k3s: certificates as data", files: [file({ user: certificates })], ours: "/ nobody as user" },
  {
    it: "microk8s: certificates of X.509 v1",
    files: [file({ user: "    client-certificate-data: V1_CERT_DATA\n    client-key-data: V1_KEY_DATA" })],
    ours: "/ nobody as microk8s",
  },
  {
    it: "microk8s of old: a token",
    files: [file({ user: "    token: t0ken==" })],
    ours: "/ Bearer t0ken== as nobody",
  },
  {
    it: "Rancher: the server below a path, a token with a colon",
    files: [file({ user: '    token: "kubeconfig-u-x:abc"' }).replace("SERVER", "SERVER/k8s/clusters/c-m-x")],
    ours: "/k8s/clusters/c-m-x Bearer kubeconfig-u-x:abc as nobody",
  },
  {
    it: "OpenShift: names with slashes and colons, sha256~ tokens",
    files: [
      file({ user: "    token: sha256~AbC-_d" }).replaceAll("name: a", "name: default/api-x:6443/kube:admin")
        .replace("current-context: a", "current-context: default/api-x:6443/kube:admin").replace(
          "cluster: a, user: a",
          "cluster: default/api-x:6443/kube:admin, user: default/api-x:6443/kube:admin",
        ),
    ],
    ours: "/ Bearer sha256~AbC-_d as nobody",
  },
  {
    it: "teleport: tls-server-name and tsh kube credentials",
    files: [
      file({
        cluster: "    tls-server-name: other.example",
        user: plugin("      args: [kube, credentials]").replace("", ""),
      }).replace("SERVER", "ELSEWHERE"),
    ],
    ours: "/ Bearer plugin as nobody",
  },
  {
    it: "gardener: gardenlogin with the cluster's extension",
    files: [file({
      cluster:
        "    extensions:\n    - name: client.authentication.k8s.io/exec\n      extension: {shootRef: {name: s, namespace: g}}",
      user: plugin("      provideClusterInfo: true"),
    })],
    ours: "/ Bearer plugin.ca.shoot as nobody",
  },
  {
    it: "minikube, kind: files beside the kubeconfig",
    files: [
      file({ user: "    client-certificate: user.crt\n    client-key: user.key" }).replace(
        "certificate-authority-data: CA_DATA",
        "certificate-authority: ca.crt",
      ),
    ],
    ours: "/ nobody as user",
  },
  {
    it: "kubeadm: preferences and unknown fields",
    files: [
      file({ user: certificates, more: "preferences: {colors: true}\nextensions: []\nunknown: {x: 1}" }),
    ],
    ours: "/ nobody as user",
  },
  {
    it: "OIDC by kubelogin's oidc-login",
    files: [file({ user: plugin("      args: [oidc-login, get-token, --oidc-issuer-url=https://i]") })],
    ours: "/ Bearer plugin as nobody",
  },
  {
    it: "OIDC by the auth-provider that only kubectl knows",
    files: [
      file({
        user:
          "    auth-provider: {name: oidc, config: {id-token: x, idp-issuer-url: https://i, client-id: c}}",
      }),
    ],
    ours: "refused",
  },
  // Tokens and passwords.
  {
    it: "user name and password",
    files: [file({ user: "    username: u\n    password: p" })],
    ours: "/ Basic dTpw as nobody",
  },
  {
    it: "tokenFile beats token",
    files: [file({ user: "    token: stale\n    tokenFile: token" })],
    ours: "/ Bearer from-file as nobody",
  },
  {
    it: "a tokenFile that is missing leaves the token",
    files: [file({ user: "    token: spare\n    tokenFile: none" })],
    ours: "/ Bearer spare as nobody",
  },
  {
    it: "a tokenFile that is missing, without a token",
    files: [file({ user: "    tokenFile: none" })],
    ours: "refused",
  },
  {
    it: "a token beside a plugin",
    files: [file({ user: `    token: mine\n${plugin("")}` })],
    ours: "/ Bearer mine as nobody",
  },
  {
    it: "a token and a password",
    files: [file({ user: "    token: t\n    username: u\n    password: p" })],
    ours: "refused",
  },
  { it: "a token that is a number", files: [file({ user: "    token: 12345" })], ours: "refused" },
  { it: "nobody at all", files: [file({}).replace(", user: a", "")], ours: "/ nobody as nobody" },
  // Somebody else.
  {
    it: "as",
    files: [file({ user: "    token: t\n    as: system:serviceaccount:lab:x" })],
    ours: "/ Bearer t as nobody for user=system:serviceaccount:lab:x",
  },
  {
    it: "as with a certificate, uid, groups and extra fields",
    files: [file({ user: certificates + actsAs })],
    ours:
      `/ nobody as user for extra-reason=x extra-scopes=edit extra-scopes=view ${everybody} uid=7 user=ann`,
  },
  {
    it: "as with signs that no header's name has",
    files: [
      file({
        user: '    token: t\n    as: ann\n    as-user-extra: {"acme.com/scope %s": [a], "Größe": [b]}',
      }),
    ],
    ours: "/ Bearer t as nobody for extra-acme.com%2fscope%20%25s=a extra-gr%c3%b6%c3%9fe=b user=ann",
  },
  {
    it: "as with fields that are null or empty",
    files: [
      file({
        user: '    token: t\n    as: ann\n    as-uid: ""\n    as-groups: []\n    as-user-extra: null',
      }),
    ],
    ours: "/ Bearer t as nobody for user=ann",
  },
  {
    it: "as, empty, is nobody",
    files: [file({ user: '    token: t\n    as: ""' })],
    ours: "/ Bearer t as nobody",
  },
  {
    it: "as beside a plugin",
    files: [file({ user: `    as: ann\n${plugin("")}` })],
    ours: "/ Bearer plugin as nobody for user=ann",
  },
  {
    it: "as-groups without as",
    files: [file({ user: "    token: t\n    as-groups: [ops]" })],
    ours: "refused",
  },
  { it: "as-uid without as", files: [file({ user: '    token: t\n    as-uid: "7"' })], ours: "refused" },
  {
    it: "as-user-extra without as",
    files: [file({ user: "    token: t\n    as-user-extra: {a: [b]}" })],
    ours: "refused",
  },
  { it: "as that is a number", files: [file({ user: "    token: t\n    as: 7" })], ours: "refused" },
  {
    it: "as-groups that is no list",
    files: [file({ user: "    token: t\n    as: ann\n    as-groups: ops" })],
    ours: "refused",
  },
  {
    it: "as-user-extra that is no list",
    files: [file({ user: "    token: t\n    as: ann\n    as-user-extra: {scopes: view}" })],
    ours: "refused",
  },
  {
    it: "--as wins over as, and leaves the rest",
    files: [file({ user: `    token: t${actsAs}` })],
    flags: ["--as", "bob"],
    ours:
      `/ Bearer t as nobody for extra-reason=x extra-scopes=edit extra-scopes=view ${everybody} uid=7 user=bob`,
  },
  {
    it: "--as-group wins over as-groups, beside the as of the kubeconfig",
    files: [file({ user: "    token: t\n    as: ann\n    as-groups: [ops, net]" })],
    flags: ["--as-group=dev", "--as-group", "test"],
    ours: "/ Bearer t as nobody for group=dev group=test user=ann",
  },
  {
    it: "--as-uid and --as-user-extra win, one field by one",
    files: [file({ user: `    token: t${actsAs}` })],
    flags: ["--as-uid", "9", "--as-user-extra", "scopes=all", "--as-user-extra", "more=m"],
    ours: `/ Bearer t as nobody for extra-more=m extra-reason=x extra-scopes=all ${everybody} uid=9 user=ann`,
  },
  {
    it: "--as beside groups of the kubeconfig that have no as",
    files: [file({ user: "    token: t\n    as-groups: [ops]" })],
    flags: ["--as", "bob"],
    ours: "/ Bearer t as nobody for group=ops user=bob",
  },
  { it: "--as-group without any as", files: [file({})], flags: ["--as-group", "ops"], ours: "refused" },
  // Certificates.
  {
    it: "a certificate without its key",
    files: [file({ user: "    client-certificate-data: CERT_DATA" })],
    ours: "refused",
  },
  {
    it: "a certificate with another's key",
    files: [file({ user: "    client-certificate-data: CERT_DATA\n    client-key-data: V1_KEY_DATA" })],
    ours: "refused",
  },
  {
    it: "no check of the server",
    files: [
      file({ cluster: "    insecure-skip-tls-verify: true" }).replace(
        "    certificate-authority-data: CA_DATA\n",
        "",
      ),
    ],
    ours: "refused",
  },
  { it: "another CA", files: [file({}).replace("CA_DATA", "OTHER_CA_DATA")], ours: "refused" },
  {
    it: "base64 in several lines",
    files: [
      file({}).replace(
        "certificate-authority-data: CA_DATA",
        "certificate-authority-data: |\n      CA_LINES",
      ),
    ],
    ours: "/ Bearer t as nobody",
  },
  // Plugins.
  { it: "a plugin of v1alpha1", files: [file({ user: plugin("", "v1alpha1") })], ours: "refused" },
  {
    it: "a plugin that gives another version",
    files: [file({ user: plugin("      args: [v1]") })],
    ours: "refused",
  },
  { it: "a plugin that fails", files: [file({ user: plugin("      args: [fail]") })], ours: "refused" },
  {
    it: "a plugin beside its kubeconfig",
    files: [file({ user: plugin("").replace("DIR/plugin", "./plugin") })],
    ours: "/ Bearer plugin as nobody",
  },
  {
    it: "a plugin that gives a certificate",
    files: [file({ user: plugin("      args: [certificate]") })],
    ours: "/ nobody as user",
  },
  {
    it: "the CA for plugins, when it is a file",
    files: [
      file({ user: plugin("      provideClusterInfo: true") }).replace(
        "certificate-authority-data: CA_DATA",
        "certificate-authority: ca.crt",
      ),
    ],
    ours: "/ Bearer plugin.ca as nobody",
  },
  {
    it: "a plugin with environment",
    files: [file({ user: plugin("      env: [{name: GIVEN, value: x}]") })],
    ours: "/ Bearer plugin.x as nobody",
  },
  // YAML.
  {
    it: "merge keys",
    files: [
      file({ user: "    <<: *login", more: "" }).replace(
        "apiVersion: v1\n",
        "apiVersion: v1\nx-login: &login {token: merged}\n",
      ),
    ],
    ours: "/ Bearer merged as nobody",
  },
  { it: "a document end", files: [`${file({ user: "    token: t" })}\n---\n`], ours: "/ Bearer t as nobody" },
  {
    it: "a second document",
    files: [`${file({ user: "    token: t" })}\n---\nkind: [\n`],
    ours: "/ Bearer t as nobody",
  },
  {
    it: "a key twice: the last counts",
    files: [file({ user: "    token: first\n    token: second" })],
    ours: "/ Bearer second as nobody",
  },
  {
    it: "JSON",
    files: [
      '{"current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],"clusters":[{"name":"a","cluster":{"server":"SERVER","certificate-authority-data":"CA_DATA"}}],"users":[{"name":"a","user":{"token":"json"}}]}',
    ],
    ours: "/ Bearer json as nobody",
  },
  {
    it: "YAML 1.1: n is no text",
    files: [file({}).replace("namespace: ns", "namespace: n")],
    ours: "refused",
  },
  { it: "tabs, no YAML", files: ["clusters:\n\t- x"], ours: "refused" },
  {
    it: "a user's name twice",
    files: [file({ user: "    token: first", more: "- name: a\n  user: {token: second}" })],
    ours: "refused",
  },
  {
    it: "an empty file before the real one",
    files: ["", file({ user: "    token: t" })],
    ours: "/ Bearer t as nobody",
  },
  { it: "no current context", files: [file({}).replace("current-context: a\n", "")], ours: "refused" },
  { it: "a user that is not there", files: [file({}).replace("user: a,", "user: b,")], ours: "refused" },
  // Several files.
  {
    it: "two files, one name: the first counts",
    files: [file({ user: "    token: first" }), file({ user: "    token: second" })],
    ours: "/ Bearer first as nobody",
  },
  {
    it: "cluster and user in different files",
    files: [
      "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: u}}]",
      "users: [{name: u, user: {token: far}}]",
      file({}),
    ],
    ours: "/ Bearer far as nobody",
  },
  {
    it: "the first current context counts",
    files: [
      file({ user: "    token: first" }),
      file({ user: "    token: second" }).replaceAll("a,", "b,").replaceAll("name: a", "name: b").replace(
        "current-context: a",
        "current-context: b",
      ),
    ],
    ours: "/ Bearer first as nobody",
  },
  {
    it: "a missing file in the list",
    files: ["MISSING", file({ user: "    token: t" })],
    ours: "/ Bearer t as nobody",
  },
  {
    it: "proxy-url through which nothing goes",
    files: [file({ cluster: "    proxy-url: http://127.0.0.1:1" })],
    ours: "refused",
  },
  {
    it: "proxy-url of another kind",
    files: [file({ cluster: "    proxy-url: ftp://127.0.0.1:1" })],
    ours: "refused",
  },
];

/** What another reader finds, and why it is not what we find. */
export interface Differences {
  readonly kubectl?: readonly [found: string, reason: string];
  readonly clientNode?: readonly [found: string, reason: string];
}

const tells = "it tells plugins nothing (no KUBERNETES_EXEC_INFO)";
const drops = "it drops what it does not know, silently";
const lax = "it does not check this";
const asOnly = "of these fields it knows as alone";
const noFlags = "it has no flags, and of these fields knows as alone";
const annOnly = "/ Bearer t as nobody for user=ann";

/** Every difference, by case. */
export const kubeconfigDifferences: Readonly<Record<string, Differences>> = {
  "GKE: gke-gcloud-auth-plugin with cluster info and an install hint": {
    clientNode: ["/ Bearer plugin as nobody", tells],
  },
  "AKS: kubelogin, v1, no interactive mode given": {
    kubectl: ["refused", "v1 demands interactiveMode; a program that never asks anything needs none"],
  },
  "gardener: gardenlogin with the cluster's extension": { clientNode: ["/ Bearer plugin as nobody", tells] },
  "OIDC by the auth-provider that only kubectl knows": { clientNode: ["/ nobody as nobody", drops] },
  "tokenFile beats token": { clientNode: ["/ Bearer stale as nobody", "it reads token-file, not tokenFile"] },
  "a tokenFile that is missing, without a token": {
    clientNode: ["/ nobody as nobody", "it reads token-file"],
  },
  "a token and a password": { clientNode: ["/ Bearer t as nobody", lax] },
  "a token that is a number": { clientNode: ["/ Bearer 12345 as nobody", lax] },
  "nobody at all": {
    kubectl: ["refused", "it asks for a user name on the terminal"],
    clientNode: ["refused", "a context must name a user"],
  },
  "as with a certificate, uid, groups and extra fields": {
    clientNode: ["/ nobody as user for user=ann", asOnly],
  },
  "as with signs that no header's name has": { clientNode: [annOnly, asOnly] },
  "as, empty, is nobody": { clientNode: ["/ Bearer t as nobody for user=", "it sends an empty name"] },
  "as-groups without as": { clientNode: ["/ Bearer t as nobody", drops] },
  "as-uid without as": { clientNode: ["/ Bearer t as nobody", drops] },
  "as-user-extra without as": { clientNode: ["/ Bearer t as nobody", drops] },
  "as that is a number": { clientNode: ["/ Bearer t as nobody for user=7", lax] },
  "as-groups that is no list": { clientNode: [annOnly, asOnly] },
  "as-user-extra that is no list": { clientNode: [annOnly, asOnly] },
  "--as wins over as, and leaves the rest": { clientNode: [annOnly, noFlags] },
  "--as-group wins over as-groups, beside the as of the kubeconfig": { clientNode: [annOnly, noFlags] },
  "--as-uid and --as-user-extra win, one field by one": { clientNode: [annOnly, noFlags] },
  "--as beside groups of the kubeconfig that have no as": { clientNode: ["/ Bearer t as nobody", noFlags] },
  "--as-group without any as": { clientNode: ["/ Bearer t as nobody", noFlags] },
  "a certificate without its key": { clientNode: ["/ nobody as nobody", drops] },
  "no check of the server": {
    kubectl: ["/ Bearer t as nobody", "it skips the check; ours refuses the field"],
    clientNode: ["/ Bearer t as nobody", "it skips the check; ours refuses the field"],
  },
  "a plugin of v1alpha1": { clientNode: ["/ Bearer plugin as nobody", lax] },
  "a plugin that gives another version": { clientNode: ["/ Bearer plugin as nobody", lax] },
  "a plugin beside its kubeconfig": { clientNode: ["refused", "it looks in the working directory"] },
  "the CA for plugins, when it is a file": { clientNode: ["/ Bearer plugin as nobody", tells] },
  "merge keys": { clientNode: ["/ nobody as nobody", "YAML 1.2 has none"] },
  "a document end": { clientNode: ["refused", "more than one document is an exception"] },
  "a second document": { clientNode: ["refused", "more than one document is an exception"] },
  "a key twice: the last counts": { clientNode: ["refused", "a key twice is an exception"] },
  "YAML 1.1: n is no text": { clientNode: ["/ Bearer t as nobody", "it reads YAML 1.2"] },
  "a user's name twice": { clientNode: ["/ Bearer first as nobody", lax] },
  "an empty file before the real one": { clientNode: ["refused", "an empty file is an exception"] },
  "two files, one name: the first counts": {
    clientNode: ["refused", "one name in two files is an exception"],
  },
  "cluster and user in different files": {
    clientNode: ["refused", "a file without clusters is an exception"],
  },
  "the first current context counts": { clientNode: ["/ Bearer second as nobody", "the last counts"] },
  "a missing file in the list": { clientNode: ["refused", "a missing file is an exception"] },
};
