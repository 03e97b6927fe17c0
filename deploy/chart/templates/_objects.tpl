{{/* The name of everything: the release's, which is the chart's or gets it behind it. */}}
{{- define "kvc.name" -}}
{{- $release := .Release.Name -}}
{{- contains "kube-vxlan-controller" $release | ternary $release (printf "%s-kube-vxlan-controller" $release) | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/*
A file of deploy/ with the names of this release: (list $ "base/rights.yaml"). The mark that the agent's startup probe
reads belongs to the program and stays.
*/}}
{{- define "kvc.source" -}}
{{- $root := index . 0 -}}
{{- $name := include "kvc.name" $root -}}
{{- required (printf "the chart lacks %s" (index . 1)) ($root.Files.Get (index . 1))
    | replace "kube-system" $root.Release.Namespace
    | replace "kube-vxlan-controller" $name
    | replace (printf "%s:ready" $name) "kube-vxlan-controller:ready" -}}
{{- end -}}

{{/* An object with the labels of charts: (list $ object). They are in no selector. */}}
{{- define "kvc.print" -}}
{{- $root := index . 0 -}}
{{- $object := index . 1 -}}
{{- $labels := dict "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version) "app.kubernetes.io/instance" $root.Release.Name "app.kubernetes.io/version" $root.Chart.AppVersion "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $object.metadata "labels" (merge (default dict $object.metadata.labels) $labels) }}
---
{{ toYaml $object }}
{{- end -}}

{{/* All objects of a file, unchanged but for names: (list $ "monitoring/service.yaml"). */}}
{{- define "kvc.file" -}}
{{- $root := index . 0 -}}
{{- range splitList "\n---\n" (include "kvc.source" .) }}
{{- include "kvc.print" (list $root (fromYaml .)) }}
{{- end }}
{{- end -}}

{{/* What the values say, else the image of components/images: (list $ "kube-vxlan-controller" .Values.images.controller). */}}
{{- define "kvc.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $given := index . 2 -}}
{{- range (fromYaml ($root.Files.Get "components/images/kustomization.yaml")).images -}}
{{- if eq .name $name -}}
{{- $tag := empty .newTag | ternary "" (printf ":%s" .newTag) -}}
{{- $digest := empty .digest | ternary "" (printf "@%s" .digest) -}}
{{- default (print .newName $tag $digest) $given -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A value as text; a large number is a float to helm, and would become 1e+06. */}}
{{- define "kvc.text" -}}
{{- kindIs "float64" . | ternary (. | int64 | toString) (. | toString) -}}
{{- end -}}
