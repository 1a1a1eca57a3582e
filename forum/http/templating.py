"""What is known when a template is compiled is put into it: translations, drawn icons, bodies of small macros."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from jinja2 import nodes
from jinja2.visitor import NodeTransformer


class Folding(NodeTransformer):
    """Replaces calls of `_("…")` and `icon("…")` whose arguments are constants; a page pays nothing for them then."""

    def __init__(self, translate: Callable[[str], str], icon: Callable[..., str] | None) -> None:
        """Remember the catalogue, and the macro that draws an icon where there is one already."""
        self._translate, self._icon = translate, icon

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """Replace one call, if all it depends on is known."""
        self.generic_visit(node)
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        if name not in {"_", "icon"} or node.dyn_args or not all(isinstance(value, nodes.Const) for value in given):
            return node
        values = [value.value for value in node.args if isinstance(value, nodes.Const)]
        named = {pair.key: pair.value.value for pair in node.kwargs if isinstance(pair.value, nodes.Const)}
        if name == "_" and len(values) == 1 and not named:
            return nodes.Const(self._translate(values[0]), lineno=node.lineno)
        if name == "icon" and self._icon is not None:
            return nodes.MarkSafe(nodes.Const(str(self._icon(*values, **named))), lineno=node.lineno)
        return node


class Inlining(NodeTransformer):
    """Puts the body of a macro where `{{ macro(…) }}` stands: a call costs more than most of these bodies do.

    Jinja has no such step; a thread of twenty posts calls its macros 180 times, which was half of making the page.
    """

    def __init__(self, macros: Mapping[str, nodes.Macro], known: Collection[str]) -> None:
        """Remember the macros that may be put in, by the names they have here, and the names every template knows."""
        self._macros, self._known = dict(macros), known
        self.own: dict[str, nodes.Macro] = {}

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """Treat the body, and let what follows use it when it needs nothing but its parameters."""
        self.generic_visit(node)
        names = list(node.find_all(nodes.Name))
        stored = {name.name for name in names if name.ctx != "load"}
        if all(name.name in stored or name.name in self._known for name in names):
            self._macros[node.name] = self.own[node.name] = node
        return node

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802 - the visitor's naming
        """Cut an output at its calls of macros and put their bodies between the pieces."""
        parts: list[nodes.Node] = []
        plain: list[nodes.Expr] = []
        for child in node.nodes:
            body = self._body(child)
            if body is None:
                plain.append(child)
                continue
            if plain:
                parts.append(nodes.Output(plain, lineno=node.lineno))
                plain = []
            parts.append(body)
        if not parts:
            return [node]
        return [*parts, nodes.Output(plain, lineno=node.lineno)] if plain else parts

    def _body(self, call: nodes.Node) -> nodes.Node | None:
        if not isinstance(call, nodes.Call) or not isinstance(call.node, nodes.Name) or call.dyn_args:
            return None
        macro = self._macros.get(call.node.name)
        bound = None if macro is None else _bound(macro, call)
        if macro is None or bound is None:
            return None
        targets = [nodes.Name(name, "param") for name in bound]
        scope = nodes.With(list(targets), list(bound.values()), list(macro.body), lineno=call.lineno)
        return scope.set_environment(call.environment) if call.environment else scope


def _bound(macro: nodes.Macro, call: nodes.Call) -> dict[str, nodes.Expr] | None:
    """The macro's parameters with what this call gives for them; None when the call does not fit it."""
    names = [arg.name for arg in macro.args]
    first_default = len(names) - len(macro.defaults)
    bound: dict[str, nodes.Expr] = dict(zip(names[first_default:], macro.defaults, strict=True))
    bound |= dict(zip(names, call.args, strict=False)) | {pair.key: pair.value for pair in call.kwargs}
    fits = len(call.args) <= len(names) and set(bound) == set(names)
    return {name: bound[name] for name in names} if fits else None


def imported(template: nodes.Template) -> Iterator[tuple[str, str, str]]:
    """What a template imports by name from another: the other's name, the macro's, and the name it has here."""
    for found in template.find_all(nodes.FromImport):
        if isinstance(found.template, nodes.Const) and not found.with_context:
            for name in found.names:
                there, here = (name, name) if isinstance(name, str) else name
                yield found.template.value, there, here
