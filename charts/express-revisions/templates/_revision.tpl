{{/*
express-revisions.revision: the revision of one node, from its data alone.

    {{ include "express-revisions.revision" $data }}

For charts that need nothing else; those that also store the revisions take `.revision` of a computed node.
*/}}
{{- define "express-revisions.revision" -}}
{{- include "express-revisions.hash" (include "express-revisions.json" (dict "name" "(unnamed)" "data" .)) -}}
{{- end -}}

{{/*
express-revisions.hash: the first ten hex digits of a text's SHA-256.
*/}}
{{- define "express-revisions.hash" -}}
{{- sha256sum . | trunc 10 -}}
{{- end -}}

{{/*
express-revisions.json: a node's data as the text that is hashed and stored. Helm's toJson gives "" on an error: every
node that fails would have the same revision, so that is the end here.
*/}}
{{- define "express-revisions.json" -}}
{{- $json := toJson .data -}}
{{- if not $json -}}
  {{- fail (printf "express-revisions: node %s: its data cannot be written as JSON: look for a number that is none (NaN, Inf)" .name) -}}
{{- end -}}
{{- $json -}}
{{- end -}}

{{/*
express-revisions.yaml: a value as YAML that reads back as exactly this value, wherever `nindent` puts it.

It is JSON, a parameter a line. toYaml would read nicer, but breaks on strings that real settings have: it leaves U+0085
as it is, which YAML takes for the end of a line, and the blank lines that end a block of text are lost at a document's
end. JSON has neither trouble once the characters YAML does not allow as they are, are escaped: `%q` does that. It escapes
quotes and backslashes once more too; these, and the line ends, are turned back, the backslashes by way of U+0001, which
no JSON text holds.
*/}}
{{- define "express-revisions.yaml" -}}
{{- $pretty := toPrettyJson . -}}
{{- $escaped := printf "%q" $pretty | trimPrefix "\"" | trimSuffix "\"" -}}
{{- $escaped | replace "\\\\" "\u0001" | replace "\\\"" "\"" | replace "\\n" "\n" | replace "\u0001" "\\" -}}
{{- end -}}
