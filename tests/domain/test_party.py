"""Roles."""

from marketplace import Role
from marketplace.domain.party import CUSTOMER, IMPERSONAL, PROVIDER, role_named


def test_a_name_is_always_the_same_role() -> None:
    """Law: whoever asks for a role by its name gets the one value of it, which is equal to any
    other role of that name: the built-in ones too."""
    for one in (CUSTOMER, PROVIDER, *IMPERSONAL, role_named("co-host")):
        assert role_named(one.name) is one
        assert one == Role(one.name)
        assert hash(one) == hash(Role(one.name))
