{{/*
express.labels: the standard labels. They stand on metadata only: the chart's version in a node's data would restart every
node with every release of the chart.
*/}}
{{- define "express.labels" -}}
app.kubernetes.io/name: express
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/*
express.system: puts the system's nodes into the dict it is given, for express-revisions.compute. Prints nothing.
*/}}
{{- define "express.system" -}}
{{- $values := .Values -}}
{{- $nodes := list -}}{{- $some := list -}}
{{- range $kind, $layers := dict
    "Backend" (dict "nodes" $values.backends "shared" $values.backend)
    "Frontend" (dict "nodes" $values.frontends "shared" $values.frontend) -}}
  {{- range $name, $own := $layers.nodes -}}
    {{- if ne (toString $own.enabled) "false" -}}
      {{- $data := dict -}}
      {{- range $layer := list $values.defaults $layers.shared.parameters (omit $own "enabled") -}}
        {{- include "express.overlay" (dict "onto" $data "layer" $layer) -}}
      {{- end -}}
      {{- $some = append $some (dict "name" $name "kind" $kind "data" $data) -}}
      {{- if ge (len $some) 100 -}}
        {{- $nodes = concat $nodes $some -}}{{- $some = list -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $_ := set .system "kinds" (list "Backend" "Frontend") -}}
{{- $_ := set .system "nodes" (concat $nodes $some) -}}
{{- end -}}

{{/*
express.overlay: lays the parameters of `layer` onto the dict `onto`: maps are merged, everything else is replaced. Sprig's
mergeOverwrite does not do: it drops nulls, and shares the maps it merges, so that one node's setting shows in another.
*/}}
{{- define "express.overlay" -}}
{{- $onto := .onto -}}
{{- range $key, $value := .layer -}}
  {{- if kindIs "map" $value -}}
    {{- if not (kindIs "map" (get $onto $key)) -}}
      {{- $_ := set $onto $key dict -}}
    {{- end -}}
    {{- include "express.overlay" (dict "onto" (get $onto $key) "layer" $value) -}}
  {{- else -}}
    {{- $_ := set $onto $key $value -}}
  {{- end -}}
{{- end -}}
{{- end -}}
