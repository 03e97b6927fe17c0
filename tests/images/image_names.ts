// What are images called: by manifests and users, and by the tests?

/** The name that k8s.yaml asks for. */
export const controllerImageName = "docker.io/library/kube-vxlan-controller:0.1.0";

/** The agent, as our own manifests ask for it. */
export const agentImageName = "docker.io/library/kube-vxlan-controller-agent:0.1.0";

/** The agent of the seed's manifests: the tools, and not our program. */
export const seedAgentImageName = "docker.io/aialferov/kube-vxlan-controller-agent:latest";

/** Ping and the like, for containers beside the agent. */
export const toolsImageName = "localhost/kube-vxlan-controller-test-tools:1";

/** What the sandbox of a pod runs on the test cluster: the same image, for it does nothing and reaps orphans. */
export const pauseImageName = "localhost/pause:1";

/** In the place of alpine, with the programs that examples add to it. */
export const appliancesImageName = "localhost/appliances:1";
