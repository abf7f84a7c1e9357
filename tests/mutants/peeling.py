"""Takes decorators off functions, so that what stands behind a property is mutated as well.

mutmut leaves decorated functions alone, and half of what the domain says is said by properties.
`@property def x` becomes `def _bare_x` and `x = property(_bare_x)`, which means the same.
"""

import libcst as cst

KEPT = {"staticmethod", "classmethod", "overload"}
"""Decorators that mutmut knows, and one that has no body."""
BARE = "_bare_"


class _Peeler(cst.CSTTransformer):
    def __init__(self) -> None:
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        self.depth -= 1
        marks = [one.decorator for one in updated_node.decorators]
        if self.depth or not marks or _named(marks) & KEPT:
            return updated_node
        name = updated_node.name.value
        bare = BARE + name
        value: cst.BaseExpression = cst.Name(bare)
        for mark in reversed(marks):
            value = cst.Call(mark, [cst.Arg(value)])
        put = cst.Assign([cst.AssignTarget(cst.Name(name))], value)
        function = updated_node.with_changes(name=cst.Name(bare), decorators=[])
        return cst.FlattenSentinel([function, cst.SimpleStatementLine([put])])


def _named(marks: list[cst.BaseExpression]) -> set[str]:
    return {mark.value for mark in marks if isinstance(mark, cst.Name)}


def peeled(source: str) -> str:
    """The same module, with every decorator of a function called on it by name instead."""
    return cst.parse_module(source).visit(_Peeler()).code
