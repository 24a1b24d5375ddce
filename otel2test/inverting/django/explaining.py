"""Why each step of a plan is there: the spans that told, or in words why nothing did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import (
    AddLinks,
    AnswerCall,
    Arrange,
    CreateAlike,
    CreateInBulk,
    CreateRow,
    DeleteRows,
    GetRow,
    KeepSessionKey,
    LogIn,
    LogInOther,
    ResetSequences,
    SetClock,
    SetCookie,
    SetSession,
    UpdateRow,
)
from otel2test.inverting.assertions import (
    Assert,
    AssertAllAnswered,
    AssertAttribute,
    AssertCallCount,
    AssertCount,
    AssertFileName,
    AssertGone,
    AssertLike,
    AssertLinked,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    AssertSentBody,
    AssertSentForm,
    AssertSentHeader,
    AssertSentInAnyOrder,
    AssertSentJson,
    AssertStored,
    FetchRow,
    FetchRows,
    KeepLink,
    KeepValue,
    RefreshRow,
)
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.django.scenes import Played
from otel2test.inverting.expressions import Name
from otel2test.inverting.facts import Deleted, Inserted, Updated
from otel2test.inverting.origins import Origin
from otel2test.inverting.plan import Plan, Step
from otel2test.inverting.state import Entity
from otel2test.reading.exchanges import Outbound


def origins(plan: Plan, arrangement: Arrangement, played: Sequence[Played]) -> tuple[tuple[Origin, ...], ...]:
    """Return the origins of each of ``plan.steps``; ``played`` are the requests of its scenes."""
    rows_of = {id(step): rows for step, rows in arrangement.made}
    outbound = [call for item in played for call in item.part.exchange.outbound]
    found: list[tuple[Origin, ...]] = []
    for scene, item in zip(plan.scenes, played, strict=True):
        explainer = _Explainer(item, rows_of, outbound)
        found += (tuple(explainer.of(step)) for step in (*scene.arrange, scene.act, *scene.asserts))
    return tuple(found)


class _Explainer:
    """Knows one request of a test."""

    def __init__(
        self, played: Played, rows_of: Mapping[int, tuple[Row, ...]], outbound: Sequence[Outbound]
    ) -> None:
        self.exchange = played.part.exchange
        self.facts = played.part.facts
        self.arrangement = played.arrangement
        self.rows_of = rows_of
        self.row_of = {row.variable: row for row in played.arrangement.rows if row.variable}
        created = (*played.effects.earlier, *played.effects.created)
        self.created_of = {item.variable: item for item in created if item.variable}
        self.outbound = outbound

    def of(self, step: Step) -> Iterator[Origin]:
        """Yield what a step stems from."""
        match step:
            case CreateRow() | CreateInBulk() | CreateAlike() | GetRow() | UpdateRow() | AddLinks():
                yield from self._rows(step)
            case LogIn() | LogInOther() | KeepSessionKey() | SetSession():
                yield self._around(step)
            case SetClock() | SetCookie() | AnswerCall():
                yield self._around(step)
            case SendRequest():
                yield Origin("", "the request", (self.exchange.span_id,))
            case DeleteRows():
                yield Origin("", "replays found rows there before the request")
            case ResetSequences():
                yield Origin("", "the request creates rows beside those whose keys are given above")
            case _:
                yield from self._assertion(step)

    # --- arrange

    def _rows(self, step: Arrange) -> Iterator[Origin]:
        match step:
            case AddLinks(variable, accessor, targets):
                ends = [self.row_of[name] for name in (variable, *targets) if name in self.row_of]
                yield Origin("", "links seen by", self._links(ends, accessor))
                return
            case CreateRow() | GetRow():
                given: Iterable[str] = (name for name, _ in step.lookup)
                if isinstance(step, CreateRow):
                    given = (*given, *(name for name, _ in step.values))
            case UpdateRow() | CreateAlike():
                given = (name for name, _ in step.values)
            case CreateInBulk():
                given = dict.fromkeys(name for row in step.rows for name, _ in row)
            case _:
                given = ()
        names = tuple(given)
        for row in self.rows_of.get(id(step), ())[:1]:
            yield from self._values(row, names)

    def _values(self, row: Row, names: Sequence[str]) -> Iterator[Origin]:
        """Yield where the values of a row were learnt: those of one query together."""
        if row.invented:
            reason = row.entity.reason if row.entity is not None else None
            why = "that there was one is told by" if reason else "another row points to it"
            if row.is_decoy:
                why = "not to be found by"
            yield Origin("", f"made up: {why}", (reason.span_id,) if reason else ())
        attnames = {item.name: item.attname for item in row.model.fields}
        attnames["pk"] = next((item.attname for item in row.model.fields if item.primary_key), "pk")
        told: dict[str, list[str]] = {}
        made_up: list[str] = []
        for name in names:
            known = row.known.get(attnames.get(name, name)) if name != "password" else None
            if known is not None and known.source.span_id:
                told.setdefault(known.source.span_id, []).append(name)
            elif name in {*row.made_up, "password"} or (name in row.parents and row.parents[name].invented):
                made_up.append(name)
        for span_id, learnt in told.items():
            yield Origin(", ".join(learnt), "told by", (span_id,))
        if made_up and not row.invented:
            yield Origin(", ".join(made_up), "made up: the row needs a value there")

    def _links(self, ends: Sequence[Row], accessor: str) -> tuple[str, ...]:
        found = []
        for link in self.arrangement.links:
            if link.relation.name == accessor and link.source in ends and link.target in ends:
                for end in (link.source, link.target):
                    found += [known.source.span_id for known in end.known.values()][:1]
        return tuple(dict.fromkeys(found))

    def _around(self, step: Arrange) -> Origin:
        request = (self.exchange.span_id,)
        match step:
            case SetClock():
                return Origin("", "the program looked at the clock; when the request began", request)
            case LogIn():
                return Origin("", "the user whom the request's session named", request)
            case LogInOther():
                return Origin("", "a session that was there, and that a row names", request)
            case KeepSessionKey():
                return Origin("", "a row names the request's own session", request)
            case SetSession():
                return Origin("", "the session before the request", request)
            case SetCookie():
                return Origin("", "a cookie of the request", request)
            case AnswerCall(method, url):
                calls = [call.span_id for call in self.outbound if (call.method, call.url) == (method, url)]
                return Origin("", "recorded as", tuple(calls))
            case _:
                return Origin("", "the request", request)

    # --- assert

    def _assertion(self, step: Assert | SendRequest | Arrange) -> Iterator[Origin]:
        match step:
            case FetchRow(variable=variable):
                yield Origin("", "the row was inserted by", self._inserted([variable]))
            case FetchRows(variables=variables):
                yield Origin("", "the rows were inserted by", self._inserted(variables))
            case RefreshRow(variable):
                yield Origin("", "the row was changed by", self._changed(variable, None))
            case (
                AssertAttribute(variable=variable, attribute=attribute)
                | AssertFileName(variable=variable, attribute=attribute)
                | AssertRecent(variable=variable, attribute=attribute)
                | AssertPresent(variable=variable, attribute=attribute)
            ):
                yield Origin("", "written by", self._changed(variable, attribute))
            case AssertStored(variable=variable, values=values):
                yield Origin("", "written by", self._changed(variable, values[0][0] if values else None))
            case AssertPassword(variable=variable):
                yield Origin("", "written by", self._changed(variable, "password"))
            case AssertGone(model=model):
                yield Origin("", "deleted by", self._written(model, Deleted))
            case AssertCount(model=model):
                yield Origin("", "inserted by", self._written(model, Inserted))
            case AssertLinked(linked=linked):
                yield Origin("", "linked by" if linked else "unlinked by", self._of_links(step))
            case (
                AssertCallCount()
                | AssertAllAnswered()
                | AssertSentBody()
                | AssertSentJson()
                | AssertSentForm()
                | AssertSentHeader()
                | AssertSentInAnyOrder()
            ):
                yield Origin("", "made as", tuple(call.span_id for call in self.outbound))
            case AssertLike(of):
                yield from self._assertion(of)
            case KeepValue():
                yield Origin("", "a later request sends what this response showed", (self.exchange.span_id,))
            case KeepLink():
                yield Origin("", "a later request takes it from this e-mail", (self.exchange.span_id,))
            case _:
                yield Origin("", "the response", (self.exchange.span_id,))

    def _inserted(self, variables: Iterable[str]) -> tuple[str, ...]:
        entities = [self.created_of[name].entity for name in variables if name in self.created_of]
        return _first_spans(entities)

    def _changed(self, variable: str, name: str | None) -> tuple[str, ...]:
        """Return the spans that wrote the field ``name`` of a row, or any of its fields."""
        created = self.created_of.get(variable)
        row = self.row_of.get(variable)
        if created is not None:
            entity: Entity | None = created.entity
            model = created.model
        elif row is not None:
            entity, model = row.entity, row.model
        else:
            return (self.exchange.span_id,)
        if entity is None:
            return ()
        columns = {item.column for item in model.fields if name is None or name in {item.name, item.attname}}
        found = [known.source.span_id for column, known in entity.after.items() if column in columns]
        return tuple(dict.fromkeys(found)) or _first_spans([entity])

    def _written(self, model: Name, kind: type[Deleted | Inserted | Updated]) -> tuple[str, ...]:
        tables = {
            item.table
            for item in self.arrangement.models.schema.models
            if (item.module, item.name) == (model.module, model.name)
        }
        return tuple(
            dict.fromkeys(
                fact.source.span_id
                for fact in self.facts
                if isinstance(fact, (Deleted, Inserted, Updated))
                and isinstance(fact, kind)
                and fact.table in tables
            )
        )

    def _of_links(self, step: AssertLinked) -> tuple[str, ...]:
        tables = {
            table
            for table, (_, relation) in self.arrangement.models.links.items()
            if relation.name == step.accessor
        }
        wanted = Inserted if step.linked else Deleted
        return tuple(
            dict.fromkeys(
                fact.source.span_id
                for fact in self.facts
                if isinstance(fact, wanted) and fact.table in tables
            )
        )


def _first_spans(entities: Iterable[Entity]) -> tuple[str, ...]:
    found = []
    for entity in entities:
        sources = sorted((known.source for known in entity.after.values()), key=lambda item: item.position)
        found += [source.span_id for source in sources[:1]]
    return tuple(dict.fromkeys(found))
