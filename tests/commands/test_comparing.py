from __future__ import annotations

import pytest

from kubectl_express.commands.comparing import refuse_other_namespaces, uncompared
from kubectl_express.core.values import Object, mapping
from kubectl_express.errors import ExpressError
from tests.core.rendered import SETTINGS, side_of, system


def test_objects_that_are_not_compared_for_one_reason_share_a_warning_and_others_have_their_own() -> None:
    assert uncompared(
        {
            ("", "Service", "a"): "services is forbidden",
            ("", "Service", "b"): "services is forbidden",
            ("", "Secret", "a"): 'secrets "a" is forbidden',
            ("", "Secret", "b"): 'secrets "b" is forbidden',
        }
    ) == [
        "Service/a, Service/b are not compared: services is forbidden",
        'Secret/a is not compared: secrets "a" is forbidden',
        'Secret/b is not compared: secrets "b" is forbidden',
    ]
    assert uncompared({}) == []


@pytest.mark.parametrize("placed", [0, 1], ids=["its ConfigMap", "a node"])
def test_a_target_of_another_namespace_than_is_read_is_refused_as_kubectl_refuses_it(placed: int) -> None:
    objects = system(be1={"image": "x"})
    mapping(objects[placed]["metadata"])["namespace"] = "systema"
    refuse_other_namespaces(side_of(objects), "systema", SETTINGS)
    with pytest.raises(ExpressError, match='the provided object "systema" does not match the namespace "systemb"'):
        refuse_other_namespaces(side_of(objects), "systemb", SETTINGS)


def test_an_object_that_is_no_node_may_be_of_another_namespace() -> None:
    elsewhere: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "monitoring"}}
    refuse_other_namespaces(side_of([elsewhere, *system(be1={"image": "x"})]), "systemb", SETTINGS)
