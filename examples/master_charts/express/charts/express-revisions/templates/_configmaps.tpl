{{/*
express-revisions.configMaps: the ConfigMaps that record every node's revision and data, as YAML documents.

    {{- include "express-revisions.configMaps" $system }}

Takes the dict that `express-revisions.compute` has worked out, in which may also stand
  name    what the ConfigMaps are called, in front of their number: "express-revisions" unless given. It must not vary
          with release, version or time: under another name they would stand beside the old ones.
  labels  a dict of labels to add

Each node has two keys, <node>.revision and <node>.json, both in the same ConfigMap. There are as many ConfigMaps as the
size needs, filled in the order of the rollout, the first one always there. They are in sync wave 0, before the first node.

Why so small: `kubectl apply` keeps the whole object as JSON in an annotation, and annotations hold 256 KiB. In it each
entry stands once more escaped, so that is what is measured; 100 KiB of it leave room for labels, and for what kubectl may
add. A node larger than that has a ConfigMap of its own, which only server-side apply can take beyond 256 KiB, and nothing
beyond 1 MiB.
*/}}
{{- define "express-revisions.configMaps" -}}
{{- $limit := 102400 -}}
{{- $parts := list -}}
{{- $part := list -}}
{{- $size := 0 -}}
{{- range $node := .ordered -}}
  {{- $bytes := add (len $node.json) (len $node.revision) (mul 2 (len $node.name)) (len ".json.revision") -}}
  {{- if gt $bytes 1048576 -}}
    {{- fail (printf "express-revisions: node %s: its data takes %d bytes, and a ConfigMap holds 1048576" $node.name $bytes) -}}
  {{- end -}}
  {{- $measured := len (toJson (dict (printf "%s.json" $node.name) $node.json (printf "%s.revision" $node.name) $node.revision)) -}}
  {{- if and $part (gt (add $size $measured) $limit) -}}
    {{- $parts = append $parts $part -}}
    {{- $part = list -}}
    {{- $size = 0 -}}
  {{- end -}}
  {{- $part = append $part $node -}}
  {{- $size = add $size $measured -}}
{{- end -}}
{{- $parts = append $parts $part -}}
{{- $name := .name | default "express-revisions" -}}
{{- $labels := merge (dict "express.example.com/revisions" "true") (.labels | default dict) -}}
{{- range $index, $part := $parts }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "%s-%d" $name $index }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  annotations:
    {{- include "express-revisions.wave" (dict "wave" "0") | nindent 4 }}
{{- if $part }}
data:
{{- range $node := $part }}
{{ include "express-revisions.entries" $node | indent 2 }}
{{- end }}
{{- else }}
data: {}
{{- end }}
{{- end }}
{{- end -}}

{{/*
express-revisions.entries: a node's two entries in its ConfigMap. `quote` is safe for every text.
*/}}
{{- define "express-revisions.entries" -}}
{{ .name }}.json: {{ .json | quote }}
{{ .name }}.revision: {{ .revision | quote }}
{{- end -}}
