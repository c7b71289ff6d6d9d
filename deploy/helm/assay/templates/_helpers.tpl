{{- define "assay.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough that `-headless` and `-migrate` fit behind it. */}}
{{- define "assay.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{- $name := include "assay.name" . -}}
{{ ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "assay.selectorLabels" -}}
app.kubernetes.io/name: {{ include "assay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "assay.labels" -}}
{{ include "assay.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "assay.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "assay.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "assay.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default (printf "%s%s" .Chart.AppVersion (ternary "-server" "" (eq .Values.mode "server"))) $image.tag }}
{{- end -}}
{{- end }}

{{/* Bytes of a Kubernetes quantity of memory. */}}
{{- define "assay.bytes" -}}
{{- $text := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- if and $unit (not (hasKey $units $unit)) -}}
{{- fail (printf "resources.limits.memory: %s: write it with Mi or Gi, like 4Gi." $text) -}}
{{- end -}}
{{- mulf (float64 (trimSuffix $unit $text)) (get $units $unit | default 1) | int64 -}}
{{- end }}

{{/*
What `config` and the chart's own values say together, as assay.yaml. `config` wins. Every default that is not repeated here
is the program's own.
*/}}
{{- define "assay.config" -}}
{{- $user := .Values.config -}}
{{- if or (dig "store" "dsn" "" $user) (dig "store" "dsn_file" "" $user) -}}
{{- fail "config.store.dsn: the DSN of mode `server` belongs into a Secret, named in clickhouse.dsnSecret; mode `embedded` has its own." -}}
{{- end -}}
{{- if not (dig "receiver" "http" "enabled" true $user) -}}
{{- fail "config.receiver.http.enabled: probes and metrics need this listener. Leave it on, and restrict it with networkPolicy.otlpFrom." -}}
{{- end -}}
{{- $server := eq .Values.mode "server" -}}
{{- $everywhere := dict "host" "0.0.0.0" -}}
{{- $tls := dict -}}
{{- if .Values.tls.secretName -}}
{{- $files := dict "cert_file" "/etc/assay/tls/tls.crt" "key_file" "/etc/assay/tls/tls.key" -}}
{{- if .Values.tls.clientCa -}}
{{- $_ := set $files "client_ca_file" "/etc/assay/tls/ca.crt" -}}
{{- end -}}
{{- $_ := set $tls "tls" $files -}}
{{- else if .Values.tls.clientCa -}}
{{- fail "tls.clientCa: client certificates need TLS: set tls.secretName." -}}
{{- end -}}
{{- $config := dict
      "receiver" (dict "grpc" (merge (deepCopy $everywhere) (deepCopy $tls)) "http" (merge (deepCopy $everywhere) (deepCopy $tls)))
      "store" (ternary (dict "dsn_file" (printf "/etc/assay/dsn/%s" .Values.clickhouse.dsnSecret.key)) (dict "dsn" "chdb:///var/lib/assay/db") $server) -}}
{{- $_ := set $config "judges" (dict "http" (dict "enabled" true "host" "0.0.0.0")) -}}
{{- if $server -}}
{{- $_ := set $config "settle" (dict "http" (dict "enabled" true "host" "0.0.0.0")) -}}
{{- else if .Values.door.exposed -}}
{{- $_ := set $config "door" (merge (deepCopy $everywhere) (deepCopy $tls)) -}}
{{- end -}}
{{- $memory := dig "limits" "memory" "" (ternary .Values.receiver.resources .Values.embedded.resources $server) -}}
{{- if $memory -}}
{{- $_ := set $config.receiver "max_memory_bytes" (div (mul 3 (include "assay.bytes" $memory | int64)) 4) -}}
{{- end -}}
{{- if .Values.anthropic.name -}}
{{- $_ := set $config.judges "anthropic" (dict "api_key_file" (printf "/etc/assay/anthropic/%s" .Values.anthropic.key)) -}}
{{- end -}}
{{- if .Values.tokens -}}
{{- $workspaces := dict -}}
{{- range $index, $token := .Values.tokens -}}
{{- if and $token.reads $server -}}
{{- fail (printf "tokens[%d].reads: there is no door in mode `server`. Give your ClickHouse a user and a row policy for each workspace." $index) -}}
{{- end -}}
{{- $kind := ternary "reader_token_files" "token_files" (default false $token.reads) -}}
{{- $known := dig $token.workspace dict $workspaces -}}
{{- $files := append (dig $kind list $known) (printf "/etc/assay/tokens/%d/%s" $index $token.key) -}}
{{- $_ := set $workspaces $token.workspace (set $known $kind $files) -}}
{{- end -}}
{{- $_ := set $config "workspaces" $workspaces -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy $user) | toYaml -}}
{{- end }}

{{/* The same with every default: for ports and times that the chart has to know. */}}
{{- define "assay.settings" -}}
{{- $defaults := .Files.Get "files/config-defaults.yaml" | fromYaml -}}
{{- mergeOverwrite $defaults (include "assay.config" . | fromYaml) | toYaml -}}
{{- end }}

{{- define "assay.podMetadata" -}}
labels:
  {{- include "assay.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .root.Values.pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ include "assay.config" .root | sha256sum }}
  {{- with .root.Values.pod.annotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* What all pods have in common. `.volumes` is added to the volumes. */}}
{{- define "assay.podSpec" -}}
{{- $pod := .root.Values.pod -}}
automountServiceAccountToken: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $pod.runAsUser }}
  runAsGroup: {{ $pod.runAsUser }}
  fsGroup: {{ $pod.runAsUser }}
  # A volume of many files is not walked at every start.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "assay.securityContext" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "assay.volumes" -}}
- name: config
  configMap:
    name: {{ .configMap }}
- name: tmp
  emptyDir: {}
{{- if eq .root.Values.mode "server" }}
- name: dsn
  secret:
    secretName: {{ .root.Values.clickhouse.dsnSecret.name }}
    items:
      - key: {{ .root.Values.clickhouse.dsnSecret.key }}
        path: {{ .root.Values.clickhouse.dsnSecret.key }}
{{- end }}
{{- if and .judges .root.Values.anthropic.name }}
- name: anthropic
  secret:
    secretName: {{ .root.Values.anthropic.name }}
    items:
      - key: {{ .root.Values.anthropic.key }}
        path: {{ .root.Values.anthropic.key }}
{{- end }}
{{- if .receives }}
{{- with .root.Values.tls.secretName }}
- name: tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- range $index, $token := .root.Values.tokens }}
- name: tokens-{{ $index }}
  secret:
    secretName: {{ $token.secretName }}
    items:
      - key: {{ $token.key }}
        path: {{ $token.key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "assay.volumeMounts" -}}
- name: config
  mountPath: /etc/assay/config
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if eq .root.Values.mode "server" }}
- name: dsn
  mountPath: /etc/assay/dsn
  readOnly: true
{{- end }}
{{- if and .judges .root.Values.anthropic.name }}
- name: anthropic
  mountPath: /etc/assay/anthropic
  readOnly: true
{{- end }}
{{- if .receives }}
{{- if .root.Values.tls.secretName }}
- name: tls
  mountPath: /etc/assay/tls
  readOnly: true
{{- end }}
{{- range $index, $token := .root.Values.tokens }}
- name: tokens-{{ $index }}
  mountPath: /etc/assay/tokens/{{ $index }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "assay.env" -}}
- name: ASSAY_CONFIG
  value: /etc/assay/config/assay.yaml
{{- with .root.Values.pod.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Ports of a container that takes OTLP. */}}
{{- define "assay.ports" -}}
{{- $settings := include "assay.settings" . | fromYaml -}}
{{- if $settings.receiver.grpc.enabled }}
- name: otlp-grpc
  containerPort: {{ $settings.receiver.grpc.port }}
{{- end }}
- name: http
  containerPort: {{ $settings.receiver.http.port }}
{{- if and (eq .Values.mode "embedded") .Values.door.exposed }}
- name: door
  containerPort: {{ $settings.door.port }}
{{- end }}
{{- end }}

{{/*
A start may migrate and read a large folder. With mTLS the kubelet has no certificate to show, so it only sees whether the
port is open: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
*/}}
{{- define "assay.probes" -}}
{{- $tls := and .receives .root.Values.tls.secretName -}}
{{- $blind := and $tls .root.Values.tls.clientCa -}}
{{- range $probe := list (dict "name" "startupProbe" "path" "/healthz" "period" 2 "failures" 150) (dict "name" "livenessProbe" "path" "/healthz" "period" 10 "failures" 6) (dict "name" "readinessProbe" "path" "/readyz" "period" 5 "failures" 2) }}
{{ $probe.name }}:
  {{- if $blind }}
  tcpSocket:
    port: http
  {{- else }}
  httpGet:
    path: {{ $probe.path }}
    port: {{ $.port | default "http" }}
    scheme: {{ ternary "HTTPS" "HTTP" (not (empty $tls)) }}
  {{- end }}
  periodSeconds: {{ $probe.period }}
  failureThreshold: {{ $probe.failures }}
  timeoutSeconds: 5
{{- end }}
{{- end }}

{{/*
The listeners, the queue and the round of upkeep under way may each take drain_seconds. The pause before SIGTERM lets
load balancers forget the pod first.
*/}}
{{- define "assay.graceSeconds" -}}
{{- $settings := include "assay.settings" . | fromYaml -}}
{{ add (mulf 3 $settings.receiver.drain_seconds | ceil) 25 }}
{{- end }}

{{- define "assay.preStop" -}}
lifecycle:
  preStop:
    exec:
      command: ["sleep", "5"]
{{- end }}
