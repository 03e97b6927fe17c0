{{- define "lab.nad" -}}
apiVersion: "k8s.cni.cncf.io/v1"
kind: NetworkAttachmentDefinition
metadata:
  name: {{ .net.name }}-{{ .release }}-{{ .nf }}
spec:
  config: '{
      "cniVersion": "0.3.1",
      "plugins": [
        {
          "type": {{ .net.type | quote }},
          "capabilities": { "ips": true },
          "master": {{ .net.masterIf | quote }},
{{- if eq .net.type "macvlan" }}
          "mode": "bridge",
{{- end }}
{{- if eq .net.type "ipvlan" }}
          "mode": "l2",
{{- end }}
          "ipam": {
            "type": "static",
            "routes": [
              {
                "dst": "0.0.0.0/0",
                "gw": "{{ .net.gatewayIP }}"
              }
            ]
          }
        }
{{- if eq .net.type "macvlan" -}}
        , {
          "capabilities": { "mac": true },
          "type": "tuning"
        }
{{- end }}
      ]
    }'
{{- end }}
{{- define "lab.annotation" }}
        k8s.v1.cni.cncf.io/networks: '[
            { "name": "{{ .net.name }}-{{ .release }}-{{ .nf }}",
              "interface": "{{ .interface }}",
              "ips": [ "{{ .ip }}/{{ .net.cidr }}" ],
              "gateway": [ "{{ .net.gatewayIP }}" ]
            }]'
{{- end }}
