// Which command is to run where? Checks what the API server checks before it opens an exec connection.
import { field, type KubeObject, listField, textField } from "../store/kube_object.ts";
import { badRequest } from "../api/status.ts";

/** A checked exec. */
export interface ExecRequest {
  readonly pod: KubeObject;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Reads the query of an exec on a pod. Throws StatusErrors with the real server's words. */
export function readExecRequest(pod: KubeObject, query: URLSearchParams): ExecRequest {
  const spec = field(pod, "spec");
  const names = [...listField(spec, "initContainers"), ...listField(spec, "containers")]
    .map((one) => textField(one, "name"));
  const mains = listField(spec, "containers").map((one) => textField(one, "name"));
  const container = query.get("container") ?? mains[0] ?? "";
  const { name } = pod.metadata;
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
  if (textField(spec, "nodeName") === "") throw badRequest(`pod ${name} does not have a host assigned`);
  const command = query.getAll("command");
  const asked = (stream: string): boolean => ["true", "1"].includes(query.get(stream) ?? "");
  const [stdin, stdout, stderr] = [asked("stdin"), asked("stdout"), asked("stderr")];
  if (!stdin && !stdout && !stderr) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  return { pod, container, command, stdin, stdout, stderr };
}
