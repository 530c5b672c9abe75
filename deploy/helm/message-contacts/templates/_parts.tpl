{{- /* The name of all objects. The job's is 17 characters longer, and may have 63. */ -}}
{{- define "message-contacts.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 46 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 46 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "message-contacts.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "message-contacts.labels" -}}
{{ include "message-contacts.selector" . }}
{{ include "message-contacts.origin" . }}
{{- end }}

{{- define "message-contacts.jobSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-prepare-database
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "message-contacts.origin" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* The port of each listener that the settings have, by its name. */ -}}
{{- define "message-contacts.ports" -}}
{{- range $name, $setting := dict "grpc" "LISTEN" "http" "HTTP_LISTEN" "metrics" "ADMIN_LISTEN" }}
{{- with index $.Values.settings $setting }}
{{ $name }}: {{ splitList ":" . | last }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Asks for the health of a service: a list of the root and its name. Kubernetes' own gRPC probes know no TLS. */ -}}
{{- define "message-contacts.probe" -}}
{{- $root := first . -}}
{{- if eq $root.Values.settings.TLS "off" -}}
grpc: { port: {{ get (include "message-contacts.ports" $root | fromYaml) "grpc" }}, service: {{ last . }} }
timeoutSeconds: 3
{{- else -}}
exec: { command: [/nodejs/bin/node, dist/src/main.js, health, --service, {{ last . }}] }
timeoutSeconds: 5
{{- end }}
{{- end }}

{{- /* What all pods have. */ -}}
{{- define "message-contacts.pod" -}}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* What all containers have. */ -}}
{{- define "message-contacts.container" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}
