from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.testbed.control_plane import running_control_plane
from tests.testbed.programs import is_there
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

OWNER = """
from tests.testbed.control_plane import running_control_plane
from pathlib import Path
import sys
with running_control_plane(Path(sys.argv[1])) as plane:
    print(*plane.pids, flush=True)
    sys.stdin.read()
"""


def test_two_control_planes_run_at_once_and_know_nothing_of_each_other(api: Api, namespace: str) -> None:
    with running_control_plane() as other:
        its = other.api()
        assert its.find(f"/api/v1/namespaces/{namespace}") is None
        assert api.find(f"/api/v1/namespaces/{namespace}") is not None
        its.close()
    assert not any(is_there(pid) for pid in other.pids)
    assert not other.ca_file.exists()


def test_killing_the_owner_ends_etcd_and_the_api_server(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(pids) == 2
        assert all(is_there(pid) for pid in pids)
        owner.kill()
    for pid in pids:
        eventually(lambda pid=pid: not is_there(pid), f"process {pid} ended", 10)  # type: ignore[misc]


def test_an_ordinary_user_has_the_rights_that_a_test_binds_and_no_others(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str
) -> None:
    # Not the cluster role `view`: without a controller-manager nobody gathers its rules, and it stays empty.
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
    kubectl("create", "rolebinding", "alice-reads", "--role=reader", "--user=alice")
    config = control_plane.kubeconfig(kubectl.kubeconfig.with_name("alice"), {"yul1": namespace}, user="alice")
    alice = ("--kubeconfig", config)
    eventually(lambda: kubectl("get", "configmaps", *alice, check=False).code == 0, "alice may read")
    assert "forbidden" in kubectl("create", "configmap", "mine", *alice, check=False).stderr


def test_every_request_is_one_line_of_the_audit_log(api: Api, control_plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    before = _requests(control_plane, path)
    for _ in range(3):
        api.get(path)
    eventually(lambda: _requests(control_plane, path) == before + 3, "three more requests are in the audit log")


def test_contexts_of_one_kubeconfig_have_their_own_namespaces(control_plane: ControlPlane, kubectl: Kubectl) -> None:
    path = kubectl.kubeconfig.with_name("two")
    control_plane.kubeconfig(path, {"yul1": "kube-system", "fra2": None})
    minified = ["config", "view", "--minify", "-o", "jsonpath={..namespace}", "--kubeconfig", str(path)]
    assert kubectl(*minified).stdout == "kube-system"
    assert kubectl(*minified, "--context", "fra2").stdout == ""


def _requests(plane: ControlPlane, path: str) -> int:
    lines = plane.audit_log.read_text().splitlines()
    return sum(json.loads(line)["requestURI"] == path for line in lines)
