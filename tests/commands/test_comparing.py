from __future__ import annotations

from kubectl_express.commands.comparing import uncompared


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
