// A problem as a sentence, with its source.
import assert from "node:assert/strict";
import { type Problem, problemText, problemTextOn } from "../../lib/network/problem.ts";

const cases: readonly {
  readonly it: string;
  readonly problem: Problem;
  readonly text: string;
  readonly onObject: string;
}[] = [
  {
    it: "annotation with line",
    problem: {
      kind: "invalid-option",
      source: { kind: "annotation", key: "vxlan.travelping.com/networks", namespace: "default", pod: "a" },
      line: 2,
      message: "Cannot read it",
    },
    text: "annotation vxlan.travelping.com/networks of pod default/a, line 2: Cannot read it",
    onObject: "annotation, line 2: Cannot read it",
  },
  {
    it: "ConfigMap without line",
    problem: {
      kind: "invalid-option",
      source: { kind: "configmap", namespace: "kube-system", name: "kube-vxlan-controller", key: "vxeth0" },
      message: "Cannot read it",
    },
    text: "ConfigMap kube-system/kube-vxlan-controller, key vxeth0: Cannot read it",
    onObject: "key vxeth0: Cannot read it",
  },
  {
    it: "pod",
    problem: {
      kind: "agent-missing",
      source: { kind: "pod", namespace: "default", pod: "a" },
      message: "Cannot serve it",
    },
    text: "pod default/a: Cannot serve it",
    onObject: "Cannot serve it",
  },
  {
    it: "names that no API server would take are quoted",
    problem: {
      kind: "agent-missing",
      source: { kind: "pod", namespace: "default", pod: "a\u001b[2J" },
      message: "Cannot serve it",
    },
    text: 'pod default/"a\\u001b[2J": Cannot serve it',
    onObject: "Cannot serve it",
  },
];

for (const { it, problem, text, onObject } of cases) {
  Deno.test(`problemText: ${it}`, () => {
    assert.equal(problemText(problem), text);
    const isConfigMap = problem.source.kind === "configmap";
    assert.equal(problemTextOn(isConfigMap ? "ConfigMap" : "Pod", problem), onObject);
    assert.equal(
      problemTextOn(isConfigMap ? "Pod" : "ConfigMap", problem),
      text,
      "elsewhere the object is named",
    );
  });
}
