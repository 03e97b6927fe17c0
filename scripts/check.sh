#!/usr/bin/env bash
# Why is this pod not in its networks? Goes through what membership requires, then through the pod's networks.
#
#   scripts/check.sh NAMESPACE/POD [options of kubectl, such as --context NAME]
#
# Needs bash and kubectl only, and changes nothing. Exit status: 0 all is right, 1 something is not, 2 cannot tell.
# Where the controller runs with other names than the default ones, set the same variables here as there:
# KVC_SELECTOR, KVC_ANNOTATION, KVC_NAMESPACE, KVC_CONFIGMAP_NAME, KVC_AGENT_CONTAINER_NAME,
# KVC_AGENT_INIT_CONTAINER_NAME. KVC_CHECK_SECONDS is how long kubectl may take for an answer (10).
#
# Pods and agents are other people's: what they say is cut, waited for with a limit, and never printed as it is.
set -u
# Bytes are counted, and what is no printable ASCII is escaped.
LC_ALL=C

selector=${KVC_SELECTOR:-vxlan.travelping.com=true}
annotation=${KVC_ANNOTATION:-vxlan.travelping.com/networks}
config_namespace=${KVC_NAMESPACE:-kube-system}
config_map=${KVC_CONFIGMAP_NAME:-kube-vxlan-controller}
agent=${KVC_AGENT_CONTAINER_NAME:-vxlan-controller-agent}
init_agent=${KVC_AGENT_INIT_CONTAINER_NAME:-vxlan-controller-agent-init}
marker=kube-vxlan-controller:ready

# Seconds that a request may take, and bytes that an answer may have.
patience=${KVC_CHECK_SECONDS:-10}
longest_answer=1048576

# Foreign text as one line that cannot steer a terminal, and not for ever.
clean() {
  local text=${1//…/...}
  [ ${#text} -le 1200 ] || text="${text:0:1200}... (cut)"
  case $text in
    *[![:print:]]*) printf '%q' "$text" ;;
    *) printf '%s' "$text" ;;
  esac
}

failures=0
ok() { printf 'ok    %s\n' "$(clean "$1")"; }
note() { printf 'note  %s\n' "$(clean "$1")"; }
# fail WHAT REMEDY
fail() {
  failures=$((failures + 1))
  printf 'FAIL  %s\n' "$(clean "$1")"
  [ -z "${2:-}" ] || printf '      -> %s\n' "$(clean "$2")"
}
give_up() {
  printf 'check.sh: %s\n' "$(clean "$1")" >&2
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
case $annotation in
  '' | *[!A-Za-z0-9./_-]*) give_up "Cannot use KVC_ANNOTATION=\"$annotation\": it is no key of an annotation" ;;
esac
domain=vxlan.travelping.com
[[ $annotation != */* ]] || domain=${annotation%%/*}

# kube ARGUMENT…: runs kubectl; its output (both streams) is in $answer, and its exit status the function's. 124 when it
# took too long, 125 when it said too much; it is ended then.
answer=''
kube() {
  local nonce="$RANDOM$RANDOM$RANDOM$RANDOM" process status=125 begin=$SECONDS
  # The nonce tells kubectl's end from what anybody else may print. ${…+…}: an empty array is unset for bash before 4.4.
  # shellcheck disable=SC2016 # It is the inner bash that has variables.
  exec 3< <(exec bash -c '
    printf "%s\n" "$$"
    nonce=$1
    shift
    "$@" </dev/null 2>&1 3>&- &
    child=$!
    trap "kill $child 2>/dev/null" TERM
    wait "$child"
    printf "\n%s %s" "$nonce" "$?"
  ' bash "$nonce" kubectl ${kubectl_options[@]+"${kubectl_options[@]}"} "$@")
  read -r process <&3
  IFS= read -r -d '' -n "$longest_answer" -t "$patience" answer <&3
  exec 3<&-
  if [[ $answer == *$'\n'"$nonce "* ]]; then
    status=${answer##*$'\n'"$nonce "}
    answer=${answer%$'\n'"$nonce "*}
    answer=${answer%$'\n'}
    return "$status"
  fi
  kill "$process" 2>/dev/null
  [ $((SECONDS - begin)) -lt "$patience" ] || status=124
  [ "$status" = 124 ] && answer="no answer within $patience seconds" || answer="an answer that is too long, or no text"
  return "$status"
}
# Whether kubectl's last answer was that this account may not: then nothing is known, and nothing is wrong.
is_forbidden() { [[ $answer == *"(Forbidden)"* || $answer == *" is forbidden: "* ]]; }

# Facts of the pod, one a line, words separated by blanks; what is not set is <nil>. `securityContext` may be missing,
# and 0 is not the same as missing, so values are printed and not tested. Texts that somebody is free to choose are
# quoted as Go does it, so that they stay one word (capabilities) or in their line (images, reasons, messages).
# shellcheck disable=SC2016 # It is the template that has variables.
facts_template='
{{- define "container" -}}
  {{- printf "%s %v" .name .restartPolicy -}}
  {{- if .startupProbe }} probe{{ else }} -{{ end -}}
  {{- if .securityContext -}}
    {{- with .securityContext -}}
      {{- printf " %v %v %v" .privileged .runAsUser .runAsNonRoot -}}
      {{- " ," -}}{{- if .capabilities -}}{{- range .capabilities.add -}}{{ printf "%+q" . }},{{- end -}}{{- end -}}
    {{- end -}}
  {{- else }} <nil> <nil> <nil> ,{{ end -}}
  {{- printf " %+q" .image -}}
{{- end -}}
{{- define "status" -}}
  {{- .name -}}
  {{- with .state -}}
    {{- if .running }} running -{{ end -}}
    {{- with .waiting -}}{{- printf " waiting %+q" (printf "%v" .reason) -}}{{- end -}}
    {{- with .terminated -}}{{- printf " terminated %+q" (printf "%v" .reason) -}}{{- end -}}
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
  {{- if eq .type "DOMAIN/Ready" -}}
    {{- printf "condition %v %+q %+q\n" .status (printf "%v" .reason) (printf "%v" .message) -}}
  {{- end -}}
{{- end -}}'

# A bound of its own: kubectl would read for ever from a server that never ends.
kube -n "$namespace" get pod "$pod" -o go-template="${facts_template/DOMAIN/$domain}" ||
  give_up "Cannot read pod $namespace/$pod: $answer"
facts=$answer

# unquoted TEXT: what Go has quoted, without the quotes; what is escaped in it stays so, but for quotes and our own dots.
unquoted() {
  local text=${1#\"}
  text=${text%\"}
  text=${text//\\\"/\"}
  printf '%s' "${text//\\u2026/...}"
}

phase='' pod_ip='' host_network='' shared='' pod_user='' pod_non_root=''
condition='' condition_reason='' condition_message=''
init_line='' native_line='' sidecar_line='' init_not_always=''
while read -r kind rest; do
  case $kind in
    phase) phase=$rest ;;
    podIP) pod_ip=$rest ;;
    hostNetwork) host_network=$rest ;;
    shared) shared=$rest ;;
    user) read -r pod_user pod_non_root <<<"$rest" ;;
    condition)
      read -r condition condition_reason condition_message <<<"$rest"
      condition_reason=$(unquoted "$condition_reason")
      condition_message=$(unquoted "$condition_message")
      ;;
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
  local kind name word reason
  while read -r kind name word reason; do
    [ "$kind $name" = "status $1" ] || continue
    [ -z "$word" ] || printf '%s %s' "$word" "$(unquoted "$reason")"
    return
  done <<<"$facts"
}

printf 'Pod %s/%s\n' "$namespace" "$pod"

# --- what makes a member -------------------------------------------------------------------------------------------
is_labelled=yes
if ! kube -n "$namespace" get pods -l "$selector" --field-selector "metadata.name=$pod" -o name; then
  note "label: cannot tell whether the pod matches $selector: $answer"
elif [ -n "$answer" ]; then
  ok "label: the pod matches $selector"
else
  is_labelled=no
  fail "label: the pod does not match $selector" "kubectl -n $namespace label pod $pod $selector --overwrite (and in the template of its Deployment)"
fi

kube -n "$namespace" get pod "$pod" -o go-template="{{with .metadata.annotations}}{{with index . \"$annotation\"}}{{.}}{{end}}{{end}}" ||
  give_up "Cannot read the annotation of pod $namespace/$pod: $answer"
networks_text=$answer
if [ ${#networks_text} -gt 65536 ]; then
  fail "annotation: $annotation has ${#networks_text} bytes, more than 65536, and is not read" "write fewer networks"
  networks_text=''
elif [ -z "${networks_text//[$' \t\r\n',]/}" ]; then
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
  image=$(unquoted "$image")
  ok "$role: container $name"
  if [ "$privileged" = true ] || [[ $capabilities == *,\"NET_ADMIN\",* || $capabilities == *,\"CAP_NET_ADMIN\",* || $capabilities == *,\"ALL\",* ]]; then
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

# --- what the controller says ----------------------------------------------------------------------------------------
# shellcheck disable=SC2016
ready_template='{{range .items}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{"ready\n"}}{{end}}{{end}}{{"pod\n"}}{{end}}'
controller=runs
if ! kube -n "$config_namespace" get pods -l "app.kubernetes.io/name=$config_map" -o go-template="$ready_template"; then
  controller=unknown
  note "controller: cannot tell whether one runs in $config_namespace: $answer"
elif [[ $answer == *ready* ]]; then
  ok "controller: one runs in $config_namespace"
else
  controller=none
  [ -z "$answer" ] || controller=unready
  fail "controller: none runs in $config_namespace ($([ "$controller" = none ] && printf 'no pod' || printf 'no ready pod') has the label app.kubernetes.io/name=$config_map)" \
    "kubectl -n $config_namespace describe deployment,pods -l app.kubernetes.io/name=$config_map; where it runs elsewhere, look there"
fi

case "$condition $condition_reason" in
  "True NetworksReady") ok "condition: $domain/Ready is True: $condition_message" ;;
  ' '*) note "condition: there is no $domain/Ready; the controller has not judged the pod, or writes none (--status)" ;;
  *) fail "condition: $domain/Ready is $condition, $condition_reason: $condition_message" ;;
esac

# Why an interface is not as it should be, by what was found above.
why_not_made() {
  if [ "$is_labelled" = no ]; then
    printf 'without the label no controller looks at the pod'
  elif [ "$controller" = none ] || [ "$controller" = unready ]; then
    printf 'no controller runs that could make it'
  elif [ -n "$condition" ] && [ "$condition" != True ]; then
    printf 'the controller says why: condition, above'
  else
    printf 'the controller has not said why: kubectl -n %s describe pod %s, and its log' "$namespace" "$pod"
  fi
}

# --- its networks --------------------------------------------------------------------------------------------------
config='' config_status=0
# shellcheck disable=SC2016
kube -n "$config_namespace" get configmap "$config_map" \
  -o go-template='{{range $key, $value := .data}}{{printf "%s %+q\n" $key $value}}{{end}}' || config_status=$?
if [ $config_status -eq 0 ]; then
  config=$'\n'$answer
elif is_forbidden; then
  note "ConfigMap: this account may not read $config_namespace/$config_map; what it says of networks is not known here"
elif [[ $answer == *"(NotFound)"* ]]; then
  fail "ConfigMap: there is no $config_namespace/$config_map" "kubectl apply -f k8s.yaml makes it; or set KVC_NAMESPACE and KVC_CONFIGMAP_NAME as the controller has them"
else
  fail "ConfigMap: cannot read $config_namespace/$config_map: $answer"
fi

# cluster_options NETWORK: the options of the ConfigMap on one line, or status 1 when it has no such key.
cluster_options() {
  local value=${config#*$'\n'"$1 "}
  [ "$value" != "$config" ] || return 1
  value=$(unquoted "${value%%$'\n'*}")
  value=${value//\\n/ }
  value=${value//\\r/ }
  printf '%s' "${value//\\t/ }"
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

wanted_names=() wanted_ids=() wanted_ups=()
# check_network NAME OPTION…: where its id comes from and what its interface is called.
check_network() {
  local network=$1 id device up from options=() words
  shift
  if [[ ! $network =~ ^[A-Za-z][A-Za-z0-9_.-]{0,62}$ ]]; then
    fail "network $network: this is no name of a network" "letters, digits, \"_\", \".\" and \"-\", a letter first; a comma or a new line between networks"
    return
  fi
  id=$(option id "$@")
  device=$(option name "$@")
  up=$(option up "$@")
  from="the annotation"
  if words=$(cluster_options "$network"); then
    read -r -a options <<<"$words"
    if [ -z "$id" ]; then
      id=$(option id ${options[@]+"${options[@]}"})
      from="ConfigMap $config_namespace/$config_map"
    fi
    [ -n "$device" ] || device=$(option name ${options[@]+"${options[@]}"})
    [ -n "$up" ] || up=$(option up ${options[@]+"${options[@]}"})
  fi
  if [ -z "$id" ] && [ $config_status -ne 0 ]; then
    note "network $network: its id is in the ConfigMap, which was not read"
    return
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
  wanted_names+=("$device")
  wanted_ids+=("$id")
  wanted_ups+=("$up")
}

entry=() entries=0
finish_entry() {
  [ ${#entry[@]} -eq 0 ] || entries=$((entries + 1))
  [ ${#entry[@]} -eq 0 ] || [ $entries -gt 64 ] || check_network "${entry[@]}"
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
[ $entries -le 64 ] || fail "annotation: it names $entries networks; only the first 64 are looked at" "a pod may have 64 (KVC_MAX_NETWORKS_PER_POD)"

# --- its interfaces, if an agent can be asked ----------------------------------------------------------------------
running=''
for name in "$init_agent" "$agent"; do
  [ "$(state "$name")" != "running -" ] || running=${running:-$name}
done
# in_agent ARGUMENT…: runs a command in the agent. After one that does not end nobody is asked again.
agent_hangs=''
in_agent() {
  [ -z "$agent_hangs" ] || return 124
  local status
  # Up to 1.33 kubectl may lose an answer that ends before it listens to all of its streams. Here agents are only read.
  for _ in 1 2 3; do
    status=0
    kube -n "$namespace" exec "$pod" -c "$running" -- "$@" || status=$?
    [[ $status -eq 1 && $answer == *'error: closed all streams' ]] || break
  done
  [ $status -ne 124 ] || agent_hangs=yes
  return $status
}

# check_interface NAME VNI UP: is it there, with this VNI, up unless UP is false, and how many peers does it flood to?
check_interface() {
  local line device found='' flags peers=0 mac rest
  while IFS= read -r line; do
    read -r _ device _ <<<"$line"
    device=${device%:}
    [ "${device%%@*}" != "$1" ] || found=$line
  done <<<"$links"
  if [ -z "$found" ]; then
    fail "interface $1: it does not exist" "$(why_not_made)"
  elif [[ $found != *" vxlan id $2 "* ]]; then
    found=${found#* vxlan id }
    fail "interface $1: its VNI is ${found%% *}, not $2" "$(why_not_made)"
  elif flags=${found#*<} && [[ ,${flags%%>*}, != *,UP,* ]] && [ "$3" != false ]; then
    fail "interface $1: it is down" "kubectl -n $namespace exec $pod -c $running -- ip link set $1 up; somebody set it down, and the controller notices when it reads the pod next"
  elif ! in_agent bridge fdb show dev "$1"; then
    fail "interface $1: VNI $2, and its entries cannot be read: ${answer##*$'\n'}" "the agent's image must have ip and bridge of iproute2"
  else
    while read -r mac rest; do
      [ "$mac" != 00:00:00:00:00:00 ] || [[ $rest != *dst* ]] || peers=$((peers + 1))
    done <<<"$answer"
    ok "interface $1: VNI $2, floods to $peers peers"
  fi
}

if [ -z "$running" ]; then
  note "interfaces: no agent runs, so nobody can be asked which there are"
elif ! in_agent ip -details -oneline link show type vxlan; then
  if is_forbidden; then
    note "interfaces: this account may not run commands in container $running"
  elif [ -n "$agent_hangs" ]; then
    fail "interfaces: ip in container $running does not end ($answer)" "kubectl -n $namespace logs $pod -c $running; its image may be broken"
  else
    fail "interfaces: cannot run ip in container $running: ${answer##*$'\n'}" "the agent's image must have ip and bridge of iproute2"
  fi
else
  links=$answer
  in_agent ip -json link show dev lo ||
    fail "agent image: its ip does not know -json: ${answer##*$'\n'}" "use an agent image with iproute2 5 or newer"
  for i in ${wanted_names[@]+"${!wanted_names[@]}"}; do check_interface "${wanted_names[i]}" "${wanted_ids[i]}" "${wanted_ups[i]}"; done
fi

if [ "$(state "$init_agent")" = "running -" ]; then
  note "the pod waits in its init agent until the controller releases it"
fi
if [ "$failures" -gt 0 ]; then
  printf '%s of these are not right. What the controller says of the pod:\n' "$failures"
  printf '      kubectl -n %s logs deployment/kube-vxlan-controller | grep %s/%s\n' "$config_namespace" "$namespace" "$pod"
  exit 1
elif [ -z "$condition" ]; then
  printf 'Nothing is wrong that can be seen from here; the controller has not said that all is right.\n'
else
  printf 'All is right.\n'
fi
exit 0
