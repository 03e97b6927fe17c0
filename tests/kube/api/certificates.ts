// Who vouches for the servers of these tests: a CA and certificates (X.509 v3) made here, without any program.

/** PEM texts. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export type CertificateForm = "v1" | "ca" | "elsewhere" | "old";

/** A CA of its own. */
export interface Authority {
  /** PEM of its certificate. */
  readonly ca: string;
  /**
   * A certificate for `localhost` and 127.0.0.1, for a server and for a client. `v1`: of X.509 version 1, which names
   * no addresses; `ca`: one that says CA:TRUE; `elsewhere`: for other.example; `old`: it ended an hour ago.
   */
  issue(name: string, form?: CertificateForm): Promise<Issued>;
}

const ecdsaWithSha256 = sequence(oid([42, 134, 72, 206, 61, 4, 3, 2]));
const algorithm = { name: "ECDSA", namedCurve: "P-256" };

/** Makes a CA that is valid for a day before and after now. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const isAuthority = extension([85, 29, 19], sequence(der(1, [255])));
  const ca = await certificate({
    issuer: name,
    subject: name,
    keys,
    signer: keys.privateKey,
    extensions: [isAuthority],
  });
  return {
    ca,
    issue: async (subject, form) => {
      const own = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const host = form === "elsewhere" ? "other.example" : "localhost";
      const names = [der(0x82, [...new TextEncoder().encode(host)])];
      if (form !== "elsewhere") names.push(der(0x87, [127, 0, 0, 1]));
      const alternative = extension([85, 29, 17], sequence(...names));
      const signer = keys.privateKey;
      const extensions = form === "v1" ? [] : form === "ca" ? [alternative, isAuthority] : [alternative];
      const until = form === "old" ? -3_600_000 : 86_400_000;
      const cert = await certificate({ issuer: name, subject, keys: own, signer, extensions, until });
      const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", own.privateKey));
      return { cert, key: pem("PRIVATE KEY", key) };
    },
  };
}

async function certificate(
  parts: {
    readonly issuer: string;
    readonly subject: string;
    readonly keys: CryptoKeyPair;
    readonly signer: CryptoKey;
    /** None: version 1. */
    readonly extensions: readonly Uint8Array[];
    /** ms from now; default a day. */
    readonly until?: number;
  },
): Promise<string> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", parts.keys.publicKey));
  const serial = crypto.getRandomValues(new Uint8Array(8));
  const day = 86_400_000;
  const body = sequence(
    ...(parts.extensions.length === 0 ? [] : [der(0xa0, der(2, [2]))]),
    der(2, [1, ...serial]),
    ecdsaWithSha256,
    distinguishedName(parts.issuer),
    sequence(time(Date.now() - day), time(Date.now() + (parts.until ?? day))),
    distinguishedName(parts.subject),
    publicKey,
    ...(parts.extensions.length === 0 ? [] : [der(0xa3, sequence(...parts.extensions))]),
  );
  const signing = { name: "ECDSA", hash: "SHA-256" };
  const signature = new Uint8Array(await crypto.subtle.sign(signing, parts.signer, body));
  const both = sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return pem("CERTIFICATE", sequence(body, ecdsaWithSha256, der(3, [0, ...both])));
}

function extension(identifier: readonly number[], value: Uint8Array): Uint8Array {
  return sequence(oid(identifier), der(1, [255]), der(4, value));
}

function distinguishedName(name: string): Uint8Array {
  const text = der(12, [...new TextEncoder().encode(name)]);
  return sequence(der(0x31, sequence(oid([85, 4, 3]), text)));
}

function time(at: number): Uint8Array {
  const text = new Date(at).toISOString().replace(/[-:T]|\.[0-9]+/g, "");
  return der(24, [...new TextEncoder().encode(text)]);
}

/** An unsigned number: no superfluous zero bytes, and one where the sign bit would be set. */
function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(first);
  return der(2, (short[0] ?? 0) > 127 ? [0, ...short] : short);
}

function oid(encoded: readonly number[]): Uint8Array {
  return der(6, encoded);
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(0x30, parts.flatMap((part) => [...part]));
}

function der(tag: number, content: Iterable<number>): Uint8Array<ArrayBuffer> {
  const bytes = [...content];
  const { length } = bytes;
  if (length < 128) return new Uint8Array([tag, length, ...bytes]);
  const size = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return new Uint8Array([tag, ...size, ...bytes]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
