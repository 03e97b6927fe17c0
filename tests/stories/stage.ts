// A sandbox with controllers on it: what every story starts from, closed whatever happens.
import { Controller } from "../../lib/controller/controller.ts";
import type { ControllerParts } from "../../lib/controller/parts.ts";
import { createLogReporter } from "../../lib/report/log_reporter.ts";
import {
  type ControllerLimits,
  type ControllerSettings,
  defaultLimits,
} from "../../lib/controller/settings.ts";
import { createExecutor } from "../../lib/kube/exec/executor.ts";
import { createPools } from "../../lib/pools/pools.ts";
import type { ApiClient } from "../../lib/kube/api/client.ts";
import { createApiClient } from "../../lib/kube/api/http.ts";
import { loadConnection } from "../../lib/kube/config/load_connection.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { createLog } from "../../lib/ops/log.ts";
import { AgentExecs } from "../../lib/agents/agent_execs.ts";
import { agentImage, annotationKey, label, membershipSettings, podSpec } from "../member/member_pod.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../sandbox/sandbox.ts";
import { type Declaration, waitUntilHolds } from "../sandbox/sandbox_invariant.ts";

/** A pod as a story asks for it. */
export interface StoryPod {
  readonly name: string;
  readonly namespace?: string;
  readonly networks: string;
  readonly form?: "classic" | "native";
  /** Of the agents; default: the stage's. */
  readonly image?: string;
  /** Instead of the spec of that form. */
  readonly spec?: object;
}

/** How a controller of a story differs from the usual one. */
export interface ControllerOverrides {
  readonly limits?: Partial<ControllerLimits>;
  readonly annotationKey?: string;
  readonly maxMembers?: number;
  readonly restrictPods?: boolean;
  readonly selector?: string;
  /** How the objects with its pools are called; default: as the manifests have it. */
  readonly poolsName?: string;
  /** Leadership; default: always. */
  readonly isLeader?: () => boolean;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Puts something between the controller and the API server. */
  readonly client?: (usual: ApiClient) => ApiClient;
  /** Puts something between the controller and what it is made of. */
  readonly parts?: (usual: ControllerParts) => ControllerParts;
}

/** A controller at work. */
export interface RunningController {
  readonly controller: Controller;
  /** Everything it logged. */
  readonly log: readonly string[];
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

/** What the manifests call the objects with the pools. */
export const poolsName = "kube-vxlan-controller-pool";

export const configMapName = { namespace: "kube-system", name: "kube-vxlan-controller" };

/** Looks at everything every two seconds, so that a story about drift need not wait ten minutes. */
export const impatient: Partial<ControllerLimits> = { resync: 2_000 };

/** A sandbox, and what agents its pods have. */
export interface StageOptions extends SandboxOptions {
  /** Default: the seed's, without our program. */
  readonly agentImage?: string;
}

/** Starts the sandbox; controllers are started by the story. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  return new Stage(await startSandbox(options), options.agentImage ?? agentImage);
}

export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly #controllers = new Set<RunningController>();

  readonly #agentImage: string;

  /** Use `setStage`. */
  constructor(sandbox: Sandbox, image: string) {
    this.sandbox = sandbox;
    this.#agentImage = image;
  }

  /** Writes the ConfigMap; undefined deletes it. */
  networks(data: Readonly<Record<string, string>> | undefined): void {
    if (data === undefined) return this.sandbox.delete(configMaps, configMapName);
    this.sandbox.apply(
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: configMapName, data }),
    );
  }

  /** Creates a member pod. */
  pod({ name, namespace = "default", networks, form = "classic", spec, image }: StoryPod): void {
    this.sandbox.apply(JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: { [label]: "true" }, annotations: { [annotationKey]: networks } },
      spec: spec ?? podSpec(form, image ?? this.#agentImage),
    }));
  }

  /** Changes the networks annotation of a pod. */
  annotate(name: string, networks: string | null): void {
    this.sandbox.patch(pods, { name }, { metadata: { annotations: { [annotationKey]: networks } } });
  }

  /** Starts a controller and hands it over at once. */
  async startController(overrides: ControllerOverrides = {}): Promise<RunningController> {
    const log: string[] = [];
    const { clock = systemClock } = overrides;
    const connection = await loadConnection({ server: this.sandbox.server.url }, {
      env: () => undefined,
      readTextFile: (path) => Deno.readTextFile(path),
      clock,
    });
    const { client: through = (usual) => usual } = overrides;
    const client = through(createApiClient(connection, { clock }));
    const executor = createExecutor(connection, { clock });
    const execs = new AgentExecs({ executor, clock });
    const writer = createLog({ level: "debug", format: "text", write: (line) => log.push(line), clock });
    const reporter = createLogReporter({ log: writer, clock });
    const usual: ControllerParts = {
      client,
      executor,
      clock,
      log: writer,
      reporter,
      isLeader: overrides.isLeader ?? (() => true),
      openSession: (agent, tool, options) => execs.open(agent, tool, options),
      terminate: (agent) => execs.terminate(agent),
      pools: (hooks) =>
        createPools({
          client,
          clock,
          namespace: configMapName.namespace,
          prefix: overrides.poolsName ?? poolsName,
          owner: overrides.annotationKey ?? annotationKey,
          selector: overrides.selector ?? `${label}=true`,
          watchNamespaces: [],
          isLeader: overrides.isLeader ?? (() => true),
          say: (message) => writer.warn(message),
        }, hooks),
    };
    const controller = new Controller(settingsFor(overrides), overrides.parts?.(usual) ?? usual);
    const order = new AbortController();
    const running = controller.run(order.signal);
    const handle: RunningController = {
      controller,
      log,
      stop: async () => {
        this.#controllers.delete(handle);
        order.abort();
        await running;
        reporter.close();
        executor.close();
        client.close();
      },
    };
    this.#controllers.add(handle);
    return handle;
  }

  /** Waits until the overlay is as declared. */
  async holds(declaration: Declaration): Promise<void> {
    try {
      await waitUntilHolds(this.sandbox, declaration);
    } catch (error) {
      const logs = [...this.#controllers].map(({ log }) => log.slice(-30).join("\n")).join("\n---\n");
      throw new Error(`${error instanceof Error ? error.message : error}\nlast log lines:\n${logs}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#controllers].map((controller) => controller.stop()));
    await this.sandbox.close();
  }
}

function settingsFor(overrides: ControllerOverrides): ControllerSettings {
  return {
    membership: {
      ...membershipSettings,
      annotationKey: overrides.annotationKey ?? annotationKey,
      ...(overrides.maxMembers !== undefined && { maxMembers: overrides.maxMembers }),
      ...(overrides.restrictPods !== undefined && { restrictPods: overrides.restrictPods }),
    },
    selector: overrides.selector ?? `${label}=true`,
    watchNamespaces: [],
    limits: { ...defaultLimits, ...overrides.limits },
  };
}
