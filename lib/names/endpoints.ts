// Who is to be listed for a Service, with which addresses? From its request, the pods, and what they were given. Pure.
import { contains, type Family, familyOf, linkLocal, parseAddress } from "../network/grammar/address.ts";
import { quoted } from "../text/quoted.ts";
import type { NamedPod } from "./pod.ts";
import type { NameProblem, NameRequest, ServiceView } from "./service.ts";

/** One address of one pod, as an EndpointSlice has it. */
export interface Endpoint {
  readonly address: string;
  readonly family: Family;
  readonly uid: string;
  readonly pod: string;
  readonly hostname?: string;
  readonly node?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** What we have set in a pod ourselves: addresses (canonical text, without prefix) by network. */
export type GivenAddresses = ReadonlyMap<string, readonly string[]>;

/** What stands around one Service. */
export interface EndpointContext {
  readonly service: ServiceView;
  readonly request: NameRequest;
  /** Those of its namespace that are peers (still). */
  readonly pods: readonly NamedPod[];
  /** Undefined: not known yet, since this process has not looked into the pod. */
  readonly given: (uid: string) => GivenAddresses | undefined;
  /** What is listed now. */
  readonly listed: readonly Endpoint[];
  /** Whether the ConfigMap or any pod has a network of this name. */
  readonly isKnown: (network: string) => boolean;
}

/** IPv4 has them too. API servers refuse all of these in a slice, and with one the others of that slice. */
const unlistable = [linkLocal, { family: 4, address: "169.254.0.0", prefix: 16 } as const];

/** Sorted by pod and address; with what the users of the Service must know. */
export function wantedEndpoints(
  context: EndpointContext,
): { readonly endpoints: readonly Endpoint[]; readonly problems: readonly NameProblem[] } {
  const { request, pods, listed, isKnown } = context;
  switch (request.kind) {
    case "none":
      return { endpoints: [], problems: [] };
    case "refused":
      return { endpoints: [], problems: [request.problem] };
    case "unreadable":
      return {
        endpoints: sorted(pods.flatMap((pod) => keptOf(pod, context))),
        problems: [request.problem],
      };
    case "wanted": {
      const { network, matches } = request;
      const chosen = pods.filter(({ labels }) => matches(labels));
      const endpoints = sorted(chosen.flatMap((pod) => endpointsOf(pod, { ...context, network })));
      // One that was not looked into yet may have it.
      const isOpen = chosen.some(({ uid, asks }) => asks && context.given(uid) === undefined);
      if (listed.length + endpoints.length === 0 && !isOpen && !isKnown(network)) {
        return { endpoints, problems: [unknownNetwork(network)] };
      }
      return { endpoints, problems: addressless(chosen, { ...context, network }) };
    }
    default:
      return request satisfies never;
  }
}

/** Whether a slice may have it. */
function isListable(address: string): boolean {
  return parseAddress(address).kind === "value" && !unlistable.some((subnet) => contains(subnet, address));
}

type OfNetwork = EndpointContext & { readonly network: string };

/** A pod that says what it wants and was not looked into yet keeps what is listed of it. */
function endpointsOf(pod: NamedPod, context: OfNetwork): readonly Endpoint[] {
  const given = context.given(pod.uid);
  if (given === undefined) return pod.asks ? keptOf(pod, context) : [];
  const addresses = (given.get(context.network) ?? []).filter(isListable);
  return [...new Set(addresses)].map((address) => endpointOf(pod, { address, service: context.service }));
}

function keptOf(pod: NamedPod, { listed, service }: EndpointContext): readonly Endpoint[] {
  return listed.filter(({ uid, address }) => uid === pod.uid && isListable(address))
    .map(({ address }) => endpointOf(pod, { address, service }));
}

/** Ready, serving and terminating as Kubernetes has them for pods. */
function endpointOf(
  pod: NamedPod,
  { address, service }: { readonly address: string; readonly service: ServiceView },
): Endpoint {
  const terminating = pod.deletion !== undefined;
  return {
    address,
    family: familyOf(address),
    uid: pod.uid,
    pod: pod.name,
    ...(pod.hostname !== undefined && { hostname: pod.hostname }),
    ...(pod.node !== undefined && { node: pod.node }),
    ready: service.publishNotReady || (pod.ready && !terminating),
    serving: pod.ready,
    terminating,
  };
}

function unknownNetwork(network: string): NameProblem {
  return {
    reason: "VxlanUnknownNetwork",
    note:
      `Cannot list members of network ${
        quoted(network)
      } for the Service: no such network is in the ConfigMap ` +
      "or in a pod; correct its name, or add it to the ConfigMap",
  };
}

/** Members of the network that no name can lead to. */
function addressless(pods: readonly NamedPod[], { given, network }: OfNetwork): readonly NameProblem[] {
  const without = pods.filter(({ uid, deletion }) => {
    const addresses = given(uid)?.get(network);
    return deletion === undefined && addresses !== undefined && !addresses.some(isListable);
  });
  if (without.length === 0) return [];
  const names = without.map(({ name }) => name).sort();
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return [{
    reason: "VxlanNoAddress",
    about: network,
    note:
      `Cannot list ${
        names.slice(0, 10).map(quoted).join(", ")
      }${more} for the Service: the interface in network ` +
      `${
        quoted(network)
      } has no address that names can lead to; give one with ip=… or subnet=… (link-local ones ` +
      "and those outside of the network's subnet do not count)",
  }];
}

function sorted(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const text = ({ pod, address }: Endpoint): string => `${pod} ${address}`;
  return [...endpoints].sort((a, b) => text(a) < text(b) ? -1 : 1);
}
