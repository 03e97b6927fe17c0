// An admission policy that refuses execs, as an operator would write it.

/** The policy and its binding, as a List in JSON. `condition`: CEL, for which requests it is; `message`: what they are told. */
export function execPolicy(
  { name, condition, message }: {
    readonly name: string;
    readonly condition: string;
    readonly message: string;
  },
): string {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const exec = { apiGroups: [""], apiVersions: ["v1"], operations: ["CONNECT"], resources: ["pods/exec"] };
  const items = [{
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [exec] },
      matchConditions: [{ name: "those", expression: condition }],
      validations: [{ expression: "false", message }],
    },
  }, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  }];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
