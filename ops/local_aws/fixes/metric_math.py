"""Not a fix: metric math of CloudWatch, for one period at a time.

What is known: + - * /, comparisons (1 or 0), AND, OR, NOT, arrays, SUM, AVG, MIN and MAX of an array,
ABS, IF, FILL with a number, METRICS(). Anything else, time series functions above all, is refused.

A value that is missing makes the result missing, except in FILL and among the members of an array; a
division by zero has no result (CloudWatch User Guide, "Using metric math").
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

Value = float | None
Result = Value | list[Value]

_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type, Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OF_ARRAYS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_ARGUMENTS = {**dict.fromkeys(_OF_ARRAYS, 1), "ABS": 1, "IF": 3, "FILL": 2, "METRICS": 0}


@functools.lru_cache(maxsize=256)
def parse(expression: str) -> ast.expr:
    """The expression's tree; ValueError where it is wrong or not supported."""
    text = re.sub(r"&&", " and ", re.sub(r"\|\|", " or ", expression.strip()))
    text = re.sub(r"\b(AND|OR|NOT)\b", lambda word: word.group().lower(), text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"Error in expression: {expression}") from error
    _check(tree, expression)
    return tree


def names(expression: str) -> set[str]:
    """The ids that it uses."""
    tree = parse(expression)
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions}


def evaluate(expression: str, value_of: Callable[[str], Value], metrics: Sequence[str]) -> Value:
    """The result for one period.

    value_of: the value of an id in it; metrics: the ids that METRICS() stands for.
    """
    result = _Evaluation(value_of, metrics).of(parse(expression))
    if isinstance(result, list):
        raise ValueError(f"The expression gives more than one time series: {expression}")
    return result


def _check(node: ast.AST, expression: str) -> None:
    match node:
        case ast.Constant(value=int() | float()) | ast.Name():
            inner: list[ast.expr] = []
        case ast.List(elts=elements) | ast.BoolOp(values=elements):
            inner = elements
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            inner = [operand]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            inner = [left, right]
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARISONS:
            inner = [left, right]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if _ARGUMENTS.get(name) == len(
            arguments
        ):
            _check_arguments(name, arguments, expression)
            inner = arguments
        case _:
            raise ValueError(f"Not supported in metric math: {ast.unparse(node)!r} of {expression!r}")
    for child in inner:
        _check(child, expression)


def _check_arguments(name: str, arguments: list[ast.expr], expression: str) -> None:
    if name in _OF_ARRAYS and isinstance(arguments[0], ast.Name | ast.Constant | ast.BinOp):
        # Of one time series it is one number for the whole time asked for: another thing.
        raise ValueError(f"{name} needs an array here: {expression}")
    if name == "FILL" and not isinstance(arguments[1], ast.Constant):
        raise ValueError(f"FILL needs a number here: {expression}")


class _Evaluation:
    def __init__(self, value_of: Callable[[str], Value], metrics: Sequence[str]) -> None:
        self._value_of = value_of
        self._metrics = metrics

    def of(self, node: ast.expr) -> Result:
        match node:
            case ast.Constant(value=number):
                return float(number)  # type: ignore[arg-type]
            case ast.Name(id=name):
                return self._value_of(name)
            case ast.List(elts=elements):
                return [one for element in elements for one in _listed(self.of(element))]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
            case ast.BoolOp(op=sign, values=values):
                found = [self._number(value) for value in values]
                if None in found:
                    return None
                return float((all if isinstance(sign, ast.And) else any)(found))
            case ast.UnaryOp(op=sign, operand=operand):
                value = self._number(operand)
                if value is None:
                    return None
                return -value if isinstance(sign, ast.USub) else float(not value)
            case ast.BinOp(left=left, op=sign, right=right):
                return _both(self._number(left), self._number(right), _ARITHMETIC[type(sign)])
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return _both(self._number(left), self._number(right), _COMPARISONS[type(sign)])
        raise AssertionError(ast.dump(node))

    def _call(self, name: str, arguments: list[ast.expr]) -> Result:
        if name == "METRICS":
            return [self._value_of(metric) for metric in self._metrics]
        if name == "FILL":
            first, filling = self.of(arguments[0]), self._number(arguments[1])
            if isinstance(first, list):
                return [filling if value is None else value for value in first]
            return filling if first is None else first
        if name == "IF":
            condition = self._number(arguments[0])
            return None if condition is None else self._number(arguments[1 if condition else 2])
        if name == "ABS":
            value = self._number(arguments[0])
            return None if value is None else abs(value)
        there = [value for value in _listed(self.of(arguments[0])) if value is not None]
        return float(_OF_ARRAYS[name](there)) if there else None

    def _number(self, node: ast.expr) -> Value:
        result = self.of(node)
        if isinstance(result, list):
            raise ValueError(f"An array cannot stand here: {ast.unparse(node)}")
        return result


def _listed(result: Result) -> list[Value]:
    return result if isinstance(result, list) else [result]


def _both(left: Value, right: Value, operation: Callable[[float, float], Any]) -> Value:
    if left is None or right is None or (operation is operator.truediv and right == 0):
        return None
    return float(operation(left, right))
