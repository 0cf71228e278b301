"""What `-h` says beside the flags: what the program is for, and examples of each command."""

from __future__ import annotations

DESCRIPTION = """\
Verify the deployment revisions of an Express system, and roll them out one node at a time.

The Express operator replaces a node's pod if and only if the deployment revision of its Backend or Frontend changes.
These commands compare the revisions that the chart stores and declares with the ones calculated from the data, and
with what runs in the cluster of the current context. `rollout` alone changes something there: it applies a node, waits
until its pod proves the new revision, goes on to the next, and can be stopped at any moment.

Without a command, a line on each system of the current context says how it is; --context, --system and kubectl's other
connection flags pick others.
"""

EXAMPLES = {
    "": """\
Examples:
  # How are the systems of the current context, and where did the last rollout end?
  kubectl express
  # Those of another one
  kubectl express --context yul1
  # What would deploying the chart change, and which nodes would restart?
  kubectl express diff
""",
    "revisions": """\
Examples:
  # The chain and state of every node in the current context's systems
  kubectl express revisions
  # Two nodes of one system, with every column
  kubectl express revisions be1 fe1 --context yul1 --system systemdcrtest3 -o wide
  # What the chart would deploy, no cluster needed
  kubectl express revisions --chart --context yul1
  # What an earlier `helm template` wrote
  kubectl express revisions -f output.yaml
  # Go on printing nodes as they change
  kubectl express revisions -w
""",
    "inspect": """\
Examples:
  # Everything about one live node: its chain, its pods, its data, and why its state is what it is
  kubectl express inspect be1 --context yul1
  # The stored JSON of a node as the chart renders it, byte for byte what is hashed
  kubectl express inspect be1 --chart --context yul1 --system systemdcrtest3 -o data | sha256sum
  # Why would deploying the chart restart this node, or not restart it?
  kubectl express inspect be1 --against live --context yul1
  # All nodes, for a script
  kubectl express inspect --all -o json
""",
    "diff": """\
Examples:
  # What deploying the chart would change in the cluster, and which nodes restart
  kubectl express diff --context yul1
  # What a commit changes, no cluster needed
  kubectl express diff --context yul1 --against git:HEAD
  # A rendered file against the cluster, other objects in full
  kubectl express diff -f output.yaml --system systemdcrtest3 --objects

Exit status: 0 no differences, 1 differences, 2 it could not be done, 3 revisions cannot be trusted.
""",
    "verify": """\
Examples:
  # Can the chart's revisions be trusted? No cluster needed
  kubectl express verify --context yul1
  # In CI: refuse restarts for nothing, and changes that would never reach a pod
  kubectl express verify --context yul1 --against git:origin/main
  # The cluster's own chains
  kubectl express verify --context yul1 --live
  # Would Argo CD deploy the same revisions as `helm template` from a shell?
  kubectl express verify --context yul1 --as argocd

Exit status: 0 all is well, 2 it could not be done, 3 revisions cannot be trusted.
""",
    "rollout": """\
Examples:
  # Roll out the chart to one system, one node at a time, after one question
  kubectl express rollout --context yul1 --system systemdcrtest3
  # Ask before each node
  kubectl express rollout --step
  # In place of `kubectl apply -f output.yaml`
  kubectl express rollout -f output.yaml
  # Approved in one pipeline, applied in the next: nothing but this very plan
  kubectl express rollout --at git:v24.3 --dry-run=client
  kubectl express rollout --at git:v24.3 --expect-plan 3f2a9c01de47 --yes
  # Pause for a look after the first node of each kind, and run a smoke test after every one
  kubectl express rollout --pause-after be1 --pause-after fe1 --after-node 'curl -fsS http://$NODE.example.com/ready'

Exit status: 0 all is rolled out, 2 it could not be done, 3 revisions cannot be trusted, 4 it was stopped, 5 it halted.
""",
    "rollout status": """\
Examples:
  # How far is the rollout in yul1, or Argo CD's sync, and who began it?
  kubectl express rollout status --context yul1 --system systemdcrtest3
  # Follow it
  kubectl express rollout status -w
  # The nodes that it has not finished, for a script: none once all are
  kubectl express rollout status -o name
""",
    "rollout pause": """\
Examples:
  # Let the node in progress finish, and touch no other before `rollout resume`
  kubectl express rollout pause --context yul1 --system systemdcrtest3
""",
    "rollout resume": """\
Examples:
  # Go on after a pause; with `rollout --step`, to the next node
  kubectl express rollout resume --context yul1 --system systemdcrtest3
""",
    "rollout stop": """\
Examples:
  # Let the node in progress finish, and touch no other; where Argo CD syncs the nodes, its sync is terminated
  kubectl express rollout stop --context yul1 --system systemdcrtest3
""",
    "rollout history": """\
Examples:
  # Which rollouts there were, by whom, from which commit, and how far each came
  kubectl express rollout history --context yul1 --system systemdcrtest3
""",
    "rollout undo": """\
Examples:
  # Take back the last rollout, wherever it stopped: nodes in reverse, each proved by its pods
  kubectl express rollout undo --context yul1 --system systemdcrtest3
  # Look at what that would do
  kubectl express rollout undo --dry-run=client

Exit status: 0 all is taken back, 2 it could not be done, 4 it was stopped, 5 it halted.
""",
    "wait": """\
Examples:
  # After somebody else's apply: is be1 there, at the revision that the ConfigMap stores?
  kubectl express wait be1 --context yul1 --system systemdcrtest3
  # Two nodes at once, Ready for half a minute
  kubectl express wait be1 fe1 --min-ready 30s --timeout 15m
  # At a revision of one's own choice
  kubectl express wait be1 --revision 91b9d4e077 --timeout 2m

Exit status: 0 all are there, 2 it could not be done, 5 they are not, and the time is up.
""",
    "argocd": """\
Examples:
  # The health checks for argocd-cm, and an Application for each of yul1's systems. No cluster is asked
  kubectl express argocd --context yul1
  # Merge the health checks into Argo CD's settings. `kubectl apply` could remove all its other settings
  kubectl express argocd health > health.yaml
  kubectl patch configmap argocd-cm --namespace argocd --type merge --patch-file health.yaml
  # One system's Application, deployed to another cluster that Argo CD knows as yul1
  kubectl express argocd applications --context yul1 --system systemdcrtest3 --destination yul1 | kubectl apply -f -
  # The last node awaited as well, by a Job that runs this program
  kubectl express argocd applications --context yul1 --image registry.example.com/kubectl-express:X.Y.Z
  # An operator that says nothing of its pods: a Job behind every node, and no health checks
  kubectl express argocd --context yul1 --gate hook --image registry.example.com/kubectl-express:X.Y.Z
""",
    "version": """\
Examples:
  kubectl express version
  # And that of helm, which is started to be asked
  kubectl express version -v
  kubectl express version -o json
""",
    "completion": """\
Examples:
  # bash, for this shell
  source <(kubectl express completion bash)
  # `kubectl express <TAB>` as well: kubectl asks a program of this name
  kubectl express completion kubectl > ~/.local/bin/kubectl_complete-express
  chmod +x ~/.local/bin/kubectl_complete-express
""",
}
