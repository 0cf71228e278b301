"""What can be wrong on the way to a cluster and in it: the kubeconfig, credentials, the connection, rights, objects."""

from __future__ import annotations

from tests.e2e.mistakes import AUTHORITY, ONE, SECRET, Mistake, kubeconfig, live
from tests.e2e.mistakes_offline import NODE

TOKEN = {"token": SECRET}
EXPIRED = {"client-certificate": "{expired-crt}", "client-key": "{expired-key}"}
SHOUT = "printf 'no \\033[31m ticket: %s' \"$USER\" >&2; exit 3"
SKIP = {"insecure-skip-tls-verify": True}


def plugin(command: str, *arguments: str, hint: str = "") -> str:
    """Return the kubeconfig of a user with a credential plugin."""
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": command,
        "args": arguments,
        "env": [{"name": "PASSWORD", "value": SECRET}],
        "interactiveMode": "Never",
    }
    return kubeconfig({"exec": {**login, **({"installHint": hint} if hint else {})}})


KUBECONFIG = {
    "no kubeconfig": Mistake("revisions"),
    "no file where --kubeconfig says": Mistake("revisions --kubeconfig missing.yaml"),
    "a folder as kubeconfig": Mistake("revisions --kubeconfig overlays"),
    "a kubeconfig that is no YAML": Mistake(
        "revisions", kubeconfig=f"users:\n- name: a\n  user:\n    token: {SECRET}: [\n"
    ),
    "a kubeconfig that is no text": Mistake(
        "revisions --kubeconfig config", files={"config": b"\x89PNG\r\n\x00\xff" + SECRET.encode()}
    ),
    "a kubeconfig nested too deeply": Mistake("revisions", kubeconfig="[" * 100_000),
    "a kubeconfig of something else": Mistake("revisions", kubeconfig=f"- {SECRET}\n"),
    "a kubeconfig's entry of the wrong type": Mistake("revisions", kubeconfig=kubeconfig({"token": 5})),
    "an unknown context": Mistake("diff --context yul2", kubeconfig=kubeconfig(TOKEN)),
    "an unknown current-context": Mistake(
        "diff", kubeconfig=kubeconfig(TOKEN).replace('"current-context": "yul1"', '"current-context": "yul9"')
    ),
    "an unknown cluster": Mistake("diff --cluster yul2", kubeconfig=kubeconfig(TOKEN)),
    "an unknown user": Mistake("diff --user root", kubeconfig=kubeconfig(TOKEN)),
    "a context without a server": Mistake(
        "diff", kubeconfig=kubeconfig(TOKEN).replace('"server": "{server}"', f'"note": "{SECRET}"')
    ),
    "a proxy of an unsupported kind": Mistake(
        "revisions", kubeconfig=kubeconfig(TOKEN, {"proxy-url": f"socks5://me:{SECRET}@127.0.0.1:1"})
    ),
    "a server's address that is none": Mistake("revisions --server https://[::1", kubeconfig=kubeconfig(TOKEN)),
    "a certificate-authority that is missing": Mistake(
        "revisions", kubeconfig=kubeconfig(TOKEN, {"certificate-authority": "ca.crt"})
    ),
    "certificate data that is not base64": Mistake(
        "revisions", kubeconfig=kubeconfig({"client-certificate-data": f"{SECRET}!", "client-key-data": f"{SECRET}!"})
    ),
}

CREDENTIALS = {
    "an expired or unknown token": Mistake("revisions", kubeconfig=kubeconfig(TOKEN, AUTHORITY)),
    "an expired OpenID Connect token": Mistake(
        "revisions",
        kubeconfig=kubeconfig(
            {
                "auth-provider": {
                    "name": "oidc",
                    "config": {"id-token": "e30.eyJleHAiOjF9.", "refresh-token": SECRET},
                }
            }
        ),
    ),
    "an expired client certificate": Mistake("revisions -n default", kubeconfig=kubeconfig(EXPIRED, SKIP, "{strict}")),
    "a token file that is missing": Mistake("revisions", kubeconfig=kubeconfig({"tokenFile": "token"}, AUTHORITY)),
    "a token with a line break": Mistake("revisions", kubeconfig=kubeconfig({"token": f"{SECRET}\nx"}, AUTHORITY)),
    "a credential plugin that is not installed": Mistake(
        "revisions", kubeconfig=plugin("no-such-login", hint="install it with \x1b[31m apt")
    ),
    "a credential plugin that fails": Mistake("revisions", kubeconfig=plugin("sh", "-c", SHOUT)),
    "a credential plugin that answers something else": Mistake(
        "revisions", kubeconfig=plugin("sh", "-c", "echo $PASSWORD")
    ),
    "a credential plugin of another version": Mistake(
        "revisions", kubeconfig=plugin("true").replace('k8s.io/v1"', 'k8s.io/v1alpha1"')
    ),
}

CONNECTION = {
    "no cluster": Mistake("revisions --server https://{closed}", kubeconfig=kubeconfig(TOKEN)),
    "no cluster, for a diff": Mistake(f"diff {ONE} --server https://{{closed}}", kubeconfig=kubeconfig(TOKEN)),
    "no cluster to compare with, for a gate": Mistake(
        f"verify {ONE} --against live --server https://{{closed}}", kubeconfig=kubeconfig(TOKEN)
    ),
    "a host that nobody knows": Mistake("revisions --server https://api.example.invalid", kubeconfig=kubeconfig(TOKEN)),
    "a server that does not answer": Mistake(
        "revisions --server https://{silent} --request-timeout 1s", kubeconfig=kubeconfig(TOKEN)
    ),
    "a time limit that is none": Mistake("revisions --request-timeout soon", kubeconfig=kubeconfig(TOKEN)),
    "a certificate of an unknown authority": Mistake("revisions", kubeconfig=kubeconfig(TOKEN)),
    "a certificate for another name": Mistake(
        "revisions --tls-server-name api.example.test", kubeconfig=kubeconfig(TOKEN, AUTHORITY)
    ),
    "a server that speaks no TLS": Mistake("revisions --server https://{plain}", kubeconfig=kubeconfig(TOKEN)),
    "a server that is no API server": Mistake("revisions --server http://{plain}", kubeconfig=kubeconfig(TOKEN)),
    "an escape sequence in what the server says": Mistake(
        "revisions --server http://{rude}", kubeconfig=kubeconfig(TOKEN)
    ),
    "a server that breaks off": Mistake("revisions --server http://{short}", kubeconfig=kubeconfig(TOKEN)),
    "a proxy that is not there": Mistake(
        "revisions --server https://api.example.invalid",
        kubeconfig=kubeconfig(TOKEN, {"proxy-url": f"http://me:{SECRET}@{{closed}}"}),
    ),
    "a proxy that refuses": Mistake(
        "revisions --server https://api.example.invalid",
        kubeconfig=kubeconfig(TOKEN),
        env={"HTTPS_PROXY": f"http://me:{SECRET}@{{plain}}"},
    ),
    "a proxy of an unsupported kind in the environment": Mistake(
        "revisions --server https://api.example.invalid",
        kubeconfig=kubeconfig(TOKEN),
        env={"HTTPS_PROXY": f"socks4://me:{SECRET}@{{closed}}"},
    ),
}

RIGHTS = {
    "no right at all": Mistake("revisions -n {namespace-sound}", kubeconfig=live("namespace-sound", "alice")),
    **{
        f"no right to list {resource}": Mistake(
            f"{command} -n {{namespace-sound}} --as no-{resource}", kubeconfig=live("namespace-sound")
        )
        for resource, command in (
            ("configmaps", "revisions"),
            ("pods", f"diff {ONE}"),
            ("backends", "inspect --all"),
            ("frontends", "verify --live"),
        )
    },
    "no right to act as somebody else": Mistake(
        "revisions -n {namespace-sound} --as admin", kubeconfig=live("namespace-sound", "bob")
    ),
    "no right to read another object of the chart": Mistake(
        f"diff {ONE} -n {{namespace-sound}} --as no-services",
        kubeconfig=live("namespace-sound"),
        shows="warning: Service",
        others=("warning: ",),
    ),
}

OBJECTS = {
    "no CRDs": Mistake(
        "revisions -n {namespace-sound}",
        files={".express.yaml": "group: other.example.com\n"},
        kubeconfig=live("namespace-sound"),
    ),
    "a kind without a CRD": Mistake(
        "verify --live -n {namespace-sound}",
        files={".express.yaml": "kinds: [Backend, Middle]\n"},
        kubeconfig=live("namespace-sound"),
    ),
    "no ConfigMap": Mistake("verify --live -n {namespace-bare}", kubeconfig=live("namespace-bare")),
    "an empty namespace": Mistake("verify --live -n {namespace-empty}", kubeconfig=live("namespace-empty")),
    "an empty namespace, listed (no mistake)": Mistake(
        "revisions -n {namespace-empty}", code=0, kubeconfig=live("namespace-empty"), shows="No nodes"
    ),
    "a namespace that the manifests contradict": Mistake(
        "diff -f output.yaml -n {namespace-sound}",
        files={"output.yaml": NODE.replace("name: be1", "name: be1, namespace: systemdcrprod1")},
        kubeconfig=live("namespace-sound"),
    ),
    "a node that is live as another kind": Mistake(
        "diff -f output.yaml -n {namespace-sound}",
        code=3,
        files={"output.yaml": NODE.replace("Backend", "Frontend")},
        kubeconfig=live("namespace-sound"),
        shows="be1: moved",
    ),
    "a namespace's name that is none": Mistake("revisions -n ../kube-system", kubeconfig=live("namespace-empty")),
    "nothing to stop": Mistake("rollout stop -n {namespace-sound}", kubeconfig=live("namespace-sound")),
    "nothing to undo": Mistake("rollout undo -n {namespace-sound}", kubeconfig=live("namespace-sound")),
    "an unknown node to wait for": Mistake("wait be99 -n {namespace-sound}", kubeconfig=live("namespace-sound")),
    "a node to wait for that a renamed ConfigMap left two revisions of": Mistake(
        "wait be1 -n {namespace-twice}", kubeconfig=live("namespace-twice")
    ),
    "a node of a misspelt system": Mistake(
        "inspect be1 --system systemdcrtst3", kubeconfig=kubeconfig({"token": "{token-admin}"}, AUTHORITY)
    ),
    "a rollout of a misspelt system": Mistake(
        "rollout stop --system systemdcrtst3", kubeconfig=kubeconfig({"token": "{token-admin}"}, AUTHORITY)
    ),
    "a live entry that is no JSON": Mistake(
        "verify --live -n {namespace-broken}",
        code=3,
        kubeconfig=live("namespace-broken"),
        shows="be1: ",
    ),
    "a live entry that is no JSON, listed": Mistake(
        "revisions -n {namespace-broken}",
        code=0,
        kubeconfig=live("namespace-broken"),
        shows="be1 ",
    ),
}

LIVE = {
    "The kubeconfig": KUBECONFIG,
    "Credentials": CREDENTIALS,
    "The connection": CONNECTION,
    "Rights": RIGHTS,
    "What the cluster holds": OBJECTS,
}
