{{/*
express-revisions.gates: the hooks by which Argo CD awaits the nodes, with the account that they run under.

    {{- include "express-revisions.gates" (dict "system" $system "root" $) }}

Takes the root context, and the dict that `express-revisions.compute` has worked out, in which may also stand
  group   the API group of the nodes' custom resources: "express.example.com" unless given
  plurals a dict of kinds' plurals as the API server names them, of the kinds where English has another
  labels  a dict of labels to add

Prints nothing unless there is a value `global.expressGates`, which nobody but Argo CD's Application sets: those who apply
the chart by other means never see these objects. `kubectl express argocd` prints such an Application. Its keys:
  gate    "hook": a Job behind every node; "status": one behind the last node alone. Health checks await the others then,
          and what Argo CD applies last it does not await
  image   the image of kubectl-express
  timeout how long a node may take, as `kubectl-express wait --timeout` has it: "10m" unless given
  config  the text of the .express.yaml that the nodes are read by, where there is one

No node's data may depend on that value: its revision would be another with Argo CD than with everybody else.
*/}}
{{- define "express-revisions.gates" -}}
{{- $system := .system -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $gates := (.root.Values.global).expressGates -}}
{{- if $gates -}}
  {{- include "express-revisions.gates.check" $gates -}}
  {{- $awaited := list -}}
  {{- $last := 0 -}}
  {{- range $node := $system.ordered -}}
    {{- if eq $gates.gate "hook" -}}
      {{- $awaited = append $awaited $node -}}
    {{- else if or (not $awaited) (gt (atoi $node.wave) $last) -}}
      {{- $last = atoi $node.wave -}}
      {{- $awaited = list $node -}}
    {{- end -}}
  {{- end -}}
  {{- if $awaited -}}
    {{- include "express-revisions.gates.access" (dict "system" $system "namespace" $namespace "config" $gates.config) -}}
  {{- end -}}
  {{- range $node := $awaited -}}
    {{- include "express-revisions.gates.job" (dict "node" $node "system" $system "namespace" $namespace "gates" $gates) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/*
express-revisions.gates.check: fail where a gate is asked for that there is not, or that could not run.
*/}}
{{- define "express-revisions.gates.check" -}}
{{- $known := list "gate" "image" "timeout" "config" -}}
{{- if not (kindIs "map" .) -}}
  {{- fail (printf "express-revisions: global.expressGates is no map of %s" (join ", " $known)) -}}
{{- end -}}
{{- range $key, $value := . -}}
  {{- if not (has $key $known) -}}
    {{- fail (printf "express-revisions: global.expressGates.%s is none of %s" $key (join ", " $known)) -}}
  {{- end -}}
{{- end -}}
{{- if not (has .gate (list "status" "hook")) -}}
  {{- fail (printf "express-revisions: global.expressGates.gate: %q is neither status nor hook" (.gate | default "" | toString)) -}}
{{- end -}}
{{- if not .image -}}
  {{- fail "express-revisions: global.expressGates.image is missing: name the image of kubectl-express" -}}
{{- end -}}
{{- end -}}

{{/*
express-revisions.gates.access: the hooks' account, with the rights that `kubectl-express wait` takes and no others, and
what it is configured by. Ordinary objects, so that a namespace needs nothing by hand before its first sync.
*/}}
{{- define "express-revisions.gates.access" -}}
{{- $plurals := list -}}
{{- range $kind := .system.kinds -}}
  {{- $guess := include "express-revisions.gates.plural" (lower $kind) -}}
  {{- $plurals = append $plurals (get ($.system.plurals | default dict) $kind | default $guess) -}}
{{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "express-revisions.gates.metadata" .system | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "express-revisions.gates.metadata" .system | nindent 2 }}
rules:
  - apiGroups: [{{ .system.group | default "express.example.com" | quote }}]
    resources: {{ toJson $plurals }}
    verbs: ["list", "watch"]
  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["list", "watch"]
  - apiGroups: [""]
    resources: ["configmaps"]
    verbs: ["list"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "express-revisions.gates.metadata" .system | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: express-gates
subjects:
  - kind: ServiceAccount
    name: express-gates
    namespace: {{ .namespace | quote }}
{{- if .config }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "express-revisions.gates.metadata" .system | nindent 2 }}
data:
  .express.yaml: {{ .config | quote }}
{{- end }}
{{- end -}}

{{/*
express-revisions.gates.metadata: the name and the wave of all that the hooks need, and the system's labels.
*/}}
{{- define "express-revisions.gates.metadata" -}}
name: express-gates
{{- with .labels }}
labels:
  {{- toYaml . | nindent 2 }}
{{- end }}
annotations:
  {{- include "express-revisions.wave" (dict "wave" "0") | nindent 2 }}
{{- end -}}

{{/*
express-revisions.gates.plural: a kind's plural as types are commonly named, in English: gateways, proxies, meshes. Takes
the kind in lower case.
*/}}
{{- define "express-revisions.gates.plural" -}}
{{- if regexMatch "(s|x|z|ch|sh)$" . -}}
  {{- . }}es
{{- else if regexMatch "[^aeiou]y$" . -}}
  {{- trimSuffix "y" . }}ies
{{- else -}}
  {{- . }}s
{{- end -}}
{{- end -}}

{{/*
express-revisions.gates.job: the hook behind one node. That the node is late (exit 5) fails it, and the sync, at once; what
else can go wrong, such as an API server that is being replaced, is tried again.
*/}}
{{- define "express-revisions.gates.job" }}
---
apiVersion: batch/v1
kind: Job
metadata:
  generateName: {{ include "express-revisions.gates.name" .node.name | printf "%s-" | quote }}
  {{- with .system.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  annotations:
    argocd.argoproj.io/hook: Sync
    argocd.argoproj.io/hook-delete-policy: HookSucceeded
    {{- include "express-revisions.wave" (dict "wave" (atoi .node.wave | add1 | toString)) | nindent 4 }}
spec:
  # A sync that failed or was terminated leaves its Jobs to be read.
  ttlSecondsAfterFinished: 86400
  backoffLimit: 3
  podFailurePolicy:
    rules:
      - action: FailJob
        onExitCodes:
          containerName: wait
          operator: In
          values: [5]
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: express-gates
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: wait
          image: {{ .gates.image | quote }}
          command:
            - kubectl-express
            - wait
            - {{ .node.name | quote }}
            - --revision
            - {{ .node.revision | quote }}
            - --namespace
            - {{ .namespace | quote }}
            - --timeout
            - {{ .gates.timeout | default "10m" | quote }}
          {{- if .gates.config }}
          workingDir: /etc/kubectl-express
          {{- end }}
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: ["ALL"]
            readOnlyRootFilesystem: true
          {{- if .gates.config }}
          volumeMounts:
            - name: config
              mountPath: /etc/kubectl-express
              readOnly: true
          {{- end }}
      {{- if .gates.config }}
      volumes:
        - name: config
          configMap:
            name: express-gates
      {{- end }}
{{- end -}}

{{/*
express-revisions.gates.name: what the Jobs of a node are called, before what Argo CD adds for each sync: its revision's first
seven characters, "sync" and the time, 23 characters with the dashes. It tells a Job by its name and may still see the last
sync's, complete, when it has just made this one's: under one name that would let the next node through.

Pods carry a Job's name as a label, of 63 characters at most. The shortened names are longer than all others, so that none is
called like another node's.
*/}}
{{- define "express-revisions.gates.name" -}}
{{- if le (len .) 33 -}}
wait-{{ . }}
{{- else -}}
wait-{{ trunc 23 . }}-{{ include "express-revisions.hash" . }}
{{- end -}}
{{- end -}}
