{{/*
express-revisions.compute: work out every node of a system, once.

    {{- $system := dict "kinds" (list "Backend" "Frontend") "nodes" $nodes -}}
    {{- include "express-revisions.compute" $system -}}
    {{- range $node := $system.ordered }} … {{ end }}

Takes a dict with
  nodes   a list of dicts, in any order, each with `name`, `kind` and `data`, the dict of every parameter of the node
  kinds   the kinds, in the order in which they are rolled out
and adds
  ordered the nodes in the order of the rollout: kinds as listed, names in natural order (be2 before be10).
Each node gets
  json     the text that is hashed: `toJson data`
  revision the first ten hex digits of its SHA-256
  spec     the custom resource's spec, data and deploymentRevision together, as YAML text for `nindent`
  wave     its sync wave, a string: "2", "4", "6", … The odd ones between are the gates', with or without them, so that a
           node is the same whatever it is awaited by

Everything that is shown of a node, in its custom resource or in a ConfigMap, is from this one computation. Prints nothing.
*/}}
{{- define "express-revisions.compute" -}}
{{- $kinds := .kinds | required "express-revisions: `kinds` is missing: list the kinds in the order of the rollout" -}}
{{- $seen := dict -}}
{{- $byPlace := dict -}}
{{- range $node := .nodes -}}
  {{- include "express-revisions.check" (dict "node" $node "kinds" $kinds "seen" $seen) -}}
  {{- $_ := set $seen $node.name $node.kind -}}
  {{- $json := include "express-revisions.json" $node -}}
  {{- $revision := include "express-revisions.hash" $json -}}
  {{- $spec := dict "deploymentRevision" $revision -}}
  {{- range $key, $value := $node.data -}}
    {{- $_ := set $spec $key $value -}}
  {{- end -}}
  {{- $_ := set $node "json" $json -}}
  {{- $_ := set $node "revision" $revision -}}
  {{- $_ := set $node "spec" (include "express-revisions.yaml" $spec) -}}
  {{- $_ := set $byPlace (include "express-revisions.place" (dict "node" $node "kinds" $kinds)) $node -}}
{{- end -}}
{{- /* Ranging over a dict goes by its sorted keys: that is the sort. */ -}}
{{- $ordered := list -}}
{{- $some := list -}}
{{- range $place, $node := $byPlace -}}
  {{- $_ := set $node "wave" (add1 (len $some) | add (len $ordered) | mul 2 | toString) -}}
  {{- $some = append $some $node -}}
  {{- /* Each append copies its list, which would make ten times the nodes a hundred times the work. */ -}}
  {{- if ge (len $some) 100 -}}
    {{- $ordered = concat $ordered $some -}}
    {{- $some = list -}}
  {{- end -}}
{{- end -}}
{{- $_ := set . "ordered" (concat $ordered $some) -}}
{{- end -}}

{{/*
express-revisions.check: fail, naming the node and what to do, where a node cannot be told from another or be hashed.
*/}}
{{- define "express-revisions.check" -}}
{{- $name := .node.name | default "" | toString -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" $name) -}}
  {{- fail (printf "express-revisions: %q is no name for a node: use at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit" $name) -}}
{{- end -}}
{{- if hasKey .seen $name -}}
  {{- fail (printf "express-revisions: node %s is given twice, as %s and as %s: names are unique in a system, whatever the kind" $name (get .seen $name) .node.kind) -}}
{{- end -}}
{{- if not (has .node.kind .kinds) -}}
  {{- fail (printf "express-revisions: node %s: its kind %q is none of %s" $name (.node.kind | default "") (join ", " .kinds)) -}}
{{- end -}}
{{- if not (kindIs "map" .node.data) -}}
  {{- fail (printf "express-revisions: node %s: its data is no map of parameters" $name) -}}
{{- end -}}
{{- if hasKey .node.data "deploymentRevision" -}}
  {{- fail (printf "express-revisions: node %s: deploymentRevision is computed, take it out of the parameters" $name) -}}
{{- end -}}
{{- end -}}

{{/*
express-revisions.place: a text that sorts a node into its place: the kind's number, then the name with every run of
digits padded to the longest that a name can hold, then the name itself, to tell be1 from be01. "!" and " " sort before
all that a name may hold: what ends earlier comes first.
*/}}
{{- define "express-revisions.place" -}}
{{- $node := .node -}}
{{- $kind := 0 -}}
{{- range $index, $candidate := .kinds -}}
  {{- if eq $candidate $node.kind -}}{{- $kind = $index -}}{{- end -}}
{{- end -}}
{{- $padded := regexReplaceAll "[0-9]+" $node.name (printf "!%s${0}" (repeat 63 "0")) -}}
{{- $padded = regexReplaceAll "[0-9]*([0-9]{63})" $padded "${1}" -}}
{{- printf "%03d %s %s" $kind $padded $node.name -}}
{{- end -}}

{{/*
express-revisions.wave: the annotation by which Argo CD applies one node after the other. Takes a computed node.
*/}}
{{- define "express-revisions.wave" -}}
argocd.argoproj.io/sync-wave: {{ .wave | quote }}
{{- end -}}
