"""A small Express operator, a real program: `python -m tests.testbed.operator --kubeconfig FILE --namespace NAME`.

It keeps the pods of each Backend and Frontend, and replaces them if and only if the deployment revision changes. There
is no kubelet, so it writes its pods' status too. A ConfigMap tells it, node by node, how to misbehave: see `behaviour`.
"""
