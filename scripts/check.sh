#!/usr/bin/env bash
# Why is this pod not in its networks? Goes through what membership requires, then through the pod's networks.
#
#   scripts/check.sh NAMESPACE/POD [options of kubectl, such as --context NAME]
#
# Needs bash and kubectl only, and changes nothing. Exit status: 0 all is right, 1 something is not, 2 cannot tell.
# Where the controller runs with other names than the default ones, set the same variables here as there:
# KVC_SELECTOR, KVC_ANNOTATION, KVC_NAMESPACE, KVC_CONFIGMAP_NAME, KVC_AGENT_CONTAINER_NAME,
# KVC_AGENT_INIT_CONTAINER_NAME.
set -u

selector=${KVC_SELECTOR:-vxlan.travelping.com=true}
annotation=${KVC_ANNOTATION:-vxlan.travelping.com/networks}
config_namespace=${KVC_NAMESPACE:-kube-system}
config_map=${KVC_CONFIGMAP_NAME:-kube-vxlan-controller}
agent=${KVC_AGENT_CONTAINER_NAME:-vxlan-controller-agent}
init_agent=${KVC_AGENT_INIT_CONTAINER_NAME:-vxlan-controller-agent-init}
marker=kube-vxlan-controller:ready

failures=0
ok() { printf 'ok    %s\n' "$1"; }
note() { printf 'note  %s\n' "$1"; }
# fail WHAT REMEDY
fail() {
  failures=$((failures + 1))
  printf 'FAIL  %s\n' "$1"
  [ -z "${2:-}" ] || printf '      -> %s\n' "$2"
}
give_up() {
  printf 'check.sh: %s\n' "$1" >&2
  exit 2
}

case ${1:-} in
  */*/* | /* | */) give_up "Cannot read \"$1\" as NAMESPACE/POD" ;;
  */*) ;;
  *) give_up "Usage: scripts/check.sh NAMESPACE/POD [options of kubectl]" ;;
esac
namespace=${1%%/*}
pod=${1#*/}
shift
kubectl_options=("$@")
command -v kubectl >/dev/null || give_up "Cannot find kubectl in PATH"
# ${…+…}: an empty array is unset for bash before 4.4.
kube() { kubectl ${kubectl_options[@]+"${kubectl_options[@]}"} "$@"; }

# Facts of the pod, one a line, words separated by blanks; what is not set is <nil>. `securityContext` may be missing,
# and 0 is not the same as missing, so values are printed and not tested.
# shellcheck disable=SC2016 # It is the template that has variables.
facts_template='
{{- define "container" -}}
  {{- printf "%s %v" .name .restartPolicy -}}
  {{- if .startupProbe }} probe{{ else }} -{{ end -}}
  {{- if .securityContext -}}
    {{- with .securityContext -}}
      {{- printf " %v %v %v" .privileged .runAsUser .runAsNonRoot -}}
      {{- " ," -}}{{- if .capabilities -}}{{- range .capabilities.add -}}{{ . }},{{- end -}}{{- end -}}
    {{- end -}}
  {{- else }} <nil> <nil> <nil> ,{{ end -}}
  {{- printf " %s" .image -}}
{{- end -}}
{{- define "status" -}}
  {{- .name -}}
  {{- with .state -}}
    {{- if .running }} running -{{ end -}}
    {{- with .waiting -}}{{- printf " waiting %v" .reason -}}{{- end -}}
    {{- with .terminated -}}{{- printf " terminated %v" .reason -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- printf "phase %v\n" .status.phase -}}
{{- printf "podIP %v\n" .status.podIP -}}
{{- printf "node %v\n" .spec.nodeName -}}
{{- printf "hostNetwork %v\n" .spec.hostNetwork -}}
{{- printf "shared %v\n" .spec.shareProcessNamespace -}}
{{- with .spec.securityContext -}}{{- printf "user %v %v\n" .runAsUser .runAsNonRoot -}}{{- end -}}
{{- range $i, $c := .spec.initContainers -}}init {{ $i }} {{ template "container" $c }}{{ "\n" }}{{- end -}}
{{- range $i, $c := .spec.containers -}}main {{ $i }} {{ template "container" $c }}{{ "\n" }}{{- end -}}
{{- range .status.initContainerStatuses -}}status {{ template "status" . }}{{ "\n" }}{{- end -}}
{{- range .status.containerStatuses -}}status {{ template "status" . }}{{ "\n" }}{{- end -}}
{{- range .status.conditions -}}
  {{- if eq .type "vxlan.travelping.com/Ready" -}}{{- printf "condition %v %v\n" .status .message -}}{{- end -}}
{{- end -}}'

facts=$(kube -n "$namespace" get pod "$pod" -o go-template="$facts_template" 2>&1) ||
  give_up "Cannot read pod $namespace/$pod: $facts"

phase='' pod_ip='' host_network='' shared='' pod_user='' pod_non_root='' condition=''
init_line='' native_line='' sidecar_line='' init_not_always=''
while read -r kind rest; do
  case $kind in
    phase) phase=$rest ;;
    podIP) pod_ip=$rest ;;
    hostNetwork) host_network=$rest ;;
    shared) shared=$rest ;;
    user) read -r pod_user pod_non_root <<<"$rest" ;;
    condition) condition=$rest ;;
    init | main)
      read -r _ name restart _ <<<"$rest"
      case "$kind $name $restart" in
        "init $init_agent Always") ;;
        "init $init_agent "*) init_line=$rest ;;
        "init $agent Always") native_line=$rest ;;
        "init $agent "*) init_not_always=yes ;;
        "main $agent "*) sidecar_line=$rest ;;
      esac
      ;;
  esac
done <<<"$facts"

# state NAME: "running -", "waiting REASON", "terminated REASON", or nothing.
state() {
  local kind name rest
  while read -r kind name rest; do
    [ "$kind $name" = "status $1" ] && printf '%s' "$rest" && return
  done <<<"$facts"
}

printf 'Pod %s/%s\n' "$namespace" "$pod"

# --- what makes a member -------------------------------------------------------------------------------------------
if [ -n "$(kube -n "$namespace" get pods -l "$selector" --field-selector "metadata.name=$pod" -o name)" ]; then
  ok "label: the pod matches $selector"
else
  fail "label: the pod does not match $selector" "kubectl -n $namespace label pod $pod $selector --overwrite (and in the template of its Deployment)"
fi

networks_text=$(kube -n "$namespace" get pod "$pod" -o go-template="{{with .metadata.annotations}}{{with index . \"$annotation\"}}{{.}}{{end}}{{end}}")
if [ -z "${networks_text//[$' \t\r\n',]/}" ]; then
  fail "annotation: $annotation names no network" "kubectl -n $namespace annotate pod $pod $annotation=vxeth0"
else
  ok "annotation: $annotation is there"
fi

if [ "$host_network" = true ]; then
  fail "hostNetwork: the pod is in its node's network, where no interface is ever made" "take hostNetwork out of the pod"
else
  ok "network: the pod has a network of its own"
fi

case $phase in
  Succeeded | Failed) fail "phase: the pod has finished ($phase) and is no member any more" ;;
esac

if [ "$pod_ip" = '<nil>' ]; then
  fail "pod IP: it has none yet" "see kubectl -n $namespace describe pod $pod (scheduling, network plugin)"
else
  ok "pod IP: $pod_ip"
fi

# check_agent ROLE LINE: capability, user and image of an agent container.
check_agent() {
  local role=$1 position name restart probe privileged user non_root capabilities image reason
  read -r position name restart probe privileged user non_root capabilities image <<<"$2"
  ok "$role: container $name"
  if [ "$privileged" = true ] || [[ $capabilities == *,NET_ADMIN,* || $capabilities == *,CAP_NET_ADMIN,* || $capabilities == *,ALL,* ]]; then
    ok "$role: has the capability NET_ADMIN"
  else
    fail "$role: lacks the capability NET_ADMIN" 'securityContext: { capabilities: { add: ["NET_ADMIN"] } }'
  fi
  [ "$user" != '<nil>' ] || user=${pod_user:-<nil>}
  [ "$non_root" != '<nil>' ] || non_root=${pod_non_root:-<nil>}
  if [ "$non_root" = true ] || { [ "$user" != '<nil>' ] && [ "$user" != 0 ]; }; then
    fail "$role: does not run as root (runAsUser $user, runAsNonRoot $non_root), so NET_ADMIN has no effect" \
      "securityContext: { runAsUser: 0, runAsNonRoot: false } on the container"
  else
    ok "$role: runs as root, as far as the pod says"
  fi
  reason=$(state "$name")
  case $reason in
    "waiting ErrImagePull" | "waiting ImagePullBackOff" | "waiting InvalidImageName" | "waiting ErrImageNeverPull")
      fail "$role: image $image cannot be had (${reason#waiting })" "correct the image, or make it known to the node"
      ;;
    "waiting CrashLoopBackOff" | "waiting RunContainerError" | "waiting CreateContainerError" | "waiting CreateContainerConfigError")
      fail "$role: does not stay up (${reason#waiting })" "kubectl -n $namespace logs $pod -c $name --previous"
      ;;
    '') note "$role: image $image, not started yet" ;;
    *) ok "$role: image $image, ${reason% -}" ;;
  esac
  if [ "$role" != "sidecar agent" ] && [ "$position" != 0 ]; then
    note "$role: it is not the first init container, so those before it have no networks"
  fi
  if [ "$role" = "native sidecar" ] && [ "$probe" = - ] && [ -z "$init_line" ]; then
    note "$role: without a startup probe the pod is not held until its networks are there (grep -qx $marker /sys/class/net/lo/ifalias)"
  fi
}

if [ -n "$native_line" ]; then
  [ -z "$init_line" ] || check_agent "init agent" "$init_line"
  check_agent "native sidecar" "$native_line"
else
  if [ -n "$init_not_always" ]; then
    fail "agent: init container $agent is no sidecar" "give it restartPolicy: Always"
  fi
  if [ -n "$init_line" ]; then
    check_agent "init agent" "$init_line"
  elif [ -n "$sidecar_line" ]; then
    note "init agent: there is no init container $init_agent, so other containers may start before their interfaces"
  else
    fail "init agent: there is no init container $init_agent" "see docs/agents.md; or let deploy/admission put the agent in"
  fi
  if [ -n "$sidecar_line" ]; then
    check_agent "sidecar agent" "$sidecar_line"
  else
    fail "sidecar agent: there is no container $agent" "see docs/agents.md; or let deploy/admission put the agent in"
  fi
fi
if [ "$shared" = true ] && [ -n "$init_line" ]; then
  fail "shareProcessNamespace: releasing the init agent would end the pod's sandbox" "take it out, or use a native sidecar"
fi

# --- its networks --------------------------------------------------------------------------------------------------
# shellcheck disable=SC2016
config=$(kube -n "$config_namespace" get configmap "$config_map" \
  -o go-template='{{range $key, $value := .data}}{{printf "%s %q\n" $key $value}}{{end}}' 2>&1)
config_status=$?
if [ $config_status -ne 0 ]; then
  fail "ConfigMap: cannot read $config_namespace/$config_map: ${config##*: }" "kubectl apply -f k8s.yaml makes it"
  config=''
fi

# cluster_options NETWORK: the options of the ConfigMap on one line, or status 1 when it has no such key.
cluster_options() {
  local key value
  while read -r key value; do
    [ "$key" = "$1" ] || continue
    value=${value#\"}
    value=${value%\"}
    value=${value//\\n/ }
    value=${value//\\r/ }
    printf '%s' "${value//\\t/ }"
    return 0
  done <<<"$config"
  return 1
}

# option NAME WORD…: the value of the last NAME=VALUE; a bare number is an id.
option() {
  local name=$1 word found=''
  shift
  for word in "$@"; do
    case $word in
      "$name"=*) found=${word#*=} ;;
      *[!0-9]* | '') ;;
      *) [ "$name" != id ] || found=$word ;;
    esac
  done
  printf '%s' "$found"
}

wanted_names=() wanted_ids=() wanted_networks=()
# check_network NAME OPTION…: where its id comes from and what its interface is called.
check_network() {
  local network=$1 id device from options=() words
  shift
  id=$(option id "$@")
  device=$(option name "$@")
  from="the annotation"
  if words=$(cluster_options "$network"); then
    read -r -a options <<<"$words"
    if [ -z "$id" ]; then
      id=$(option id ${options[@]+"${options[@]}"})
      from="ConfigMap $config_namespace/$config_map"
    fi
    [ -n "$device" ] || device=$(option name ${options[@]+"${options[@]}"})
  fi
  device=${device:-$network}
  if [ -z "$id" ]; then
    fail "network $network: it has no id, neither in the annotation nor in ConfigMap $config_namespace/$config_map" \
      "kubectl -n $config_namespace edit configmap $config_map and add \"$network: id=…\" to its data"
    return
  fi
  if [[ ! $id =~ ^[1-9][0-9]{0,7}$ ]] || [ "$id" -gt 16777215 ]; then
    fail "network $network: its id \"$id\" (from $from) is none" "a number from 1 to 16777215, without leading zeros"
    return
  fi
  ok "network $network: id $id from $from, interface $device"
  wanted_networks+=("$network")
  wanted_names+=("$device")
  wanted_ids+=("$id")
}

entry=()
finish_entry() {
  [ ${#entry[@]} -eq 0 ] || check_network "${entry[@]}"
  entry=()
}
# indentation LINE: columns of its leading blanks, tab stops at every eighth.
indentation() {
  local line=$1 columns=0
  while :; do
    case $line in
      ' '*) columns=$((columns + 1)) ;;
      $'\t'*) columns=$((columns + 8 - columns % 8)) ;;
      *) break ;;
    esac
    line=${line:1}
  done
  printf '%s' "$columns"
}
# Commas and lines separate networks; a line indented deeper than the first goes on with the network before it.
base=''
networks_text=${networks_text//$'\r\n'/$'\n'}
while IFS= read -r line; do
  [ -n "${line//[$' \t']/}" ] || continue
  columns=$(indentation "$line")
  base=${base:-$columns}
  [ "$columns" -gt "$base" ] || finish_entry
  while :; do
    read -r -a words <<<"${line%%,*}"
    entry+=(${words[@]+"${words[@]}"})
    [[ $line == *,* ]] || break
    finish_entry
    line=${line#*,}
  done
done <<<"${networks_text//$'\r'/$'\n'}"
finish_entry

# --- its interfaces, if an agent can be asked ----------------------------------------------------------------------
running=''
for name in "$init_agent" "$agent"; do
  [ "$(state "$name")" != "running -" ] || running=${running:-$name}
done
if [ -z "$running" ]; then
  note "interfaces: no agent runs, so nobody can be asked which there are"
elif ! links=$(kube -n "$namespace" exec "$pod" -c "$running" -- ip -details -oneline link show type vxlan 2>&1); then
  fail "interfaces: cannot run ip in container $running: ${links##*$'\n'}" "the agent's image must have ip and bridge of iproute2"
else
  kube -n "$namespace" exec "$pod" -c "$running" -- ip -json link show dev lo >/dev/null 2>&1 ||
    fail "agent image: its ip does not know -json" "use an agent image with iproute2 5 or newer"
  for i in ${wanted_names[@]+"${!wanted_names[@]}"}; do
    found=''
    while IFS= read -r line; do
      read -r _ device _ <<<"$line"
      device=${device%:}
      [ "${device%%@*}" != "${wanted_names[i]}" ] || found=$line
    done <<<"$links"
    if [ -z "$found" ]; then
      fail "interface ${wanted_names[i]}: it does not exist" "the controller makes it; see its log below"
    elif [[ $found != *" vxlan id ${wanted_ids[i]} "* ]]; then
      found=${found#* vxlan id }
      fail "interface ${wanted_names[i]}: its VNI is ${found%% *}, not ${wanted_ids[i]}" "the controller makes it anew; see its log below"
    else
      peers=0
      while read -r mac rest; do
        [ "$mac" != 00:00:00:00:00:00 ] || [[ $rest != *dst* ]] || peers=$((peers + 1))
      done <<<"$(kube -n "$namespace" exec "$pod" -c "$running" -- bridge fdb show dev "${wanted_names[i]}" 2>/dev/null)"
      ok "interface ${wanted_names[i]}: VNI ${wanted_ids[i]}, floods to $peers peers"
    fi
  done
fi

if [ "$(state "$init_agent")" = "running -" ]; then
  note "the pod waits in its init agent until the controller releases it"
fi
[ -z "$condition" ] || note "the controller says: Ready is ${condition%% *}${condition#"${condition%% *}"}"
if [ "$failures" -eq 0 ]; then
  printf 'All is right.\n'
  exit 0
fi
printf '%s of these are not right. What the controller says of the pod:\n' "$failures"
printf '      kubectl -n %s logs deployment/kube-vxlan-controller | grep %s/%s\n' "$config_namespace" "$namespace" "$pod"
exit 1
