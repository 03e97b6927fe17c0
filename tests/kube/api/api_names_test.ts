// Do paths and error answers of the API server become the right words?
import assert from "node:assert/strict";
import fc from "fast-check";
import { resourceOf } from "../../../lib/kube/api/http.ts";
import { failureMessage, failureOfStatus, readStatus } from "../../../lib/kube/api/status.ts";
import type { Connection } from "../../../lib/kube/config/connection.ts";
import { tries } from "../../tools/by_chance.ts";

const paths = [
  { path: "/api/v1/pods?limit=500", resource: "pods" },
  { path: "/api/v1/namespaces/a/pods", resource: "pods" },
  { path: "/api/v1/namespaces/a/pods/b", resource: "pods" },
  { path: "/api/v1/namespaces/a/pods/b/exec?container=c", resource: "pods/exec" },
  { path: "/api/v1/namespaces/a", resource: "namespaces" },
  { path: "/apis/coordination.k8s.io/v1/namespaces/a/leases/l", resource: "leases" },
  { path: "/apis/events.k8s.io/v1/namespaces/a/events", resource: "events" },
  { path: "/version", resource: "other" },
  { path: "", resource: "other" },
];

for (const { path, resource } of paths) {
  Deno.test(`resource of ${path || "nothing"}: ${resource}`, () => assert.equal(resourceOf(path), resource));
}

const connection: Connection = {
  source: { description: "kubeconfig /home/x/.kube/config, context prod" },
  server: "https://10.0.0.1:6443",
  credentials: () => Promise.resolve({}),
};

const answers = [
  {
    it: "403 gives the server's sentence and the remedy",
    status: 403,
    body:
      `{"reason":"Forbidden","message":"pods is forbidden: User \\"u\\" cannot list resource \\"pods\\""}`,
    message:
      `Cannot list pods: the API server https://10.0.0.1:6443 answered 403 Forbidden: pods is forbidden: ` +
      `User "u" cannot list resource "pods"; allow it in the RBAC role of this account`,
  },
  {
    it: "401 names where the credentials are from",
    status: 401,
    body: `{"reason":"Unauthorized","message":"Unauthorized"}`,
    message:
      "Cannot list pods: the API server https://10.0.0.1:6443 answered 401 Unauthorized: Unauthorized; " +
      "renew the credentials (kubeconfig /home/x/.kube/config, context prod)",
  },
  {
    it: "a proxy's page is quoted",
    status: 502,
    body: "<html>bad\ngateway</html>",
    message: "Cannot list pods: the API server https://10.0.0.1:6443 answered 502 BadGateway: " +
      `"<html>bad\\ngateway</html>"`,
  },
  {
    it: "an empty answer leaves the status alone",
    status: 418,
    body: "",
    message: "Cannot list pods: the API server https://10.0.0.1:6443 answered 418",
  },
];

for (const { it, status, body, message } of answers) {
  Deno.test(`error answer: ${it}`, () => {
    const failure = failureOfStatus({ status, body, retryAfter: "" });
    assert.equal(failureMessage(failure, { purpose: "list pods", connection }), message);
  });
}

Deno.test("error answer: Retry-After counts in the header first, then in the Status", () => {
  const body = `{"details":{"retryAfterSeconds":7}}`;
  assert.equal(failureOfStatus({ status: 429, body, retryAfter: "3" }).retryAfter, 3000);
  assert.equal(failureOfStatus({ status: 429, body, retryAfter: "" }).retryAfter, 7000);
  assert.equal(
    failureOfStatus({ status: 429, body: "", retryAfter: "Wed, 21 Oct 2026" }).retryAfter,
    undefined,
  );
});

Deno.test("error answer: any value is read as a Status without throwing", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const status = readStatus(value);
      assert.equal(typeof status.code, "number");
    }),
    tries(),
  );
  const odd = {
    code: "410",
    message: 5,
    details: { causes: [null, { reason: "R" }], retryAfterSeconds: "x" },
  };
  assert.deepEqual(readStatus(odd), { code: 0, reason: "", message: "", causes: ["", "R"] });
});
