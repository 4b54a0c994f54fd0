"""The rules that the spec keeps, and the proof that each of them notices when it is broken.

A rule reads a spec and returns its faults, one line for each.
"""

import copy
import pkgutil
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hubspot_batch_read_api import models

from . import spec
from .paths import at, json_path, places
from .spec import DEVIATES, Json, deviations, lookup, operation_objects, subschemas

Rule = Callable[[Json], Iterator[str]]

# Operation id: method, path, tag, most inputs of a request.
OPERATIONS = {
    "readAssociations": (
        "post",
        "/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/read",
        "associations",
        1000,
    ),
    "readAssociationsV3": (
        "post",
        "/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/read",
        "associations",
        1000,
    ),
    "readCampaigns": ("post", "/marketing/v3/campaigns/batch/read", "campaigns", 50),
    "readWorkflowIdMappings": (
        "post",
        "/automation/2026-09-beta/workflow-id-mappings/batch/read",
        "workflow_id_mappings",
        100,
    ),
}

# Identifiers that are for support to read, and never sent or compared.
OPAQUE = {"correlationId", "requestId"}
EXTENSION_KEYS = {"published", "observed", "reason"}
JSON_SCHEMA_KEYWORDS = set(Draft202012Validator.VALIDATORS)
ANNOTATIONS = {"title", "description", "default", "deprecated", "x-lenient", DEVIATES}
PARAMETER_KEYWORDS = {"allowReserved", "explode", "required", "schema", "style"}
RATE_LIMIT_HEADERS = {
    "X-HubSpot-RateLimit-Interval-Milliseconds",
    "X-HubSpot-RateLimit-Max",
    "X-HubSpot-RateLimit-Remaining",
    "X-HubSpot-RateLimit-Daily",
    "X-HubSpot-RateLimit-Daily-Remaining",
}
# Keywords that limit a value; the others say what is inside it.
LIMITS = {
    "type",
    "enum",
    "const",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
}


# Rules ----------------------------------------------------------------------------------------


def is_valid_openapi(document: Json) -> Iterator[str]:
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield error.message


def has_the_listed_operations(document: Json) -> Iterator[str]:
    found = {
        operation["operationId"]: (method, path, *operation["tags"])
        for path, method, operation in operation_objects(document)
    }
    expected = {name: (method, path, tag) for name, (method, path, tag, _) in OPERATIONS.items()}
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            yield f"{name}: {found.get(name)}, in OPERATIONS here: {expected.get(name)}"
    if {tag["name"] for tag in document["tags"]} != {tag for _, _, tag, _ in OPERATIONS.values()}:
        yield "tags are declared that no operation has, or the other way round"


def limits_the_inputs_of_a_request(document: Json) -> Iterator[str]:
    for _, _, operation in operation_objects(document):
        inputs = lookup(document, json_schema(operation["requestBody"])["$ref"])["properties"][
            "inputs"
        ]
        limits = inputs.get("minItems"), inputs.get("maxItems")
        known = OPERATIONS.get(operation["operationId"])
        if known is None or limits != (1, known[3]):
            yield f"{operation['operationId']}: inputs limited to {limits}, expected: {known}"


def describes_every_part(document: Json) -> Iterator[str]:
    for place, part in described_parts(document):
        if not is_said(part.get("description")):
            yield f"{place}: no description"


def summarises_every_operation(document: Json) -> Iterator[str]:
    for _, _, operation in operation_objects(document):
        if not operation.get("summary", "").endswith("."):
            yield f"{operation['operationId']}: no summary that is a sentence"


def answers_200_and_207_alike(document: Json) -> Iterator[str]:
    for _, _, operation in operation_objects(document):
        responses = operation["responses"]
        name = operation["operationId"]
        if responses.keys() != {"200", "207", "default"}:
            yield f"{name}: answers {sorted(responses)}"
        elif responses["200"] != responses["207"] or responses["200"].keys() != {"$ref"}:
            yield f"{name}: 200 and 207 are not one shared response"


def answers_any_other_status_with_the_error(document: Json) -> Iterator[str]:
    for _, _, operation in operation_objects(document):
        if operation["responses"].get("default") != {"$ref": "#/components/responses/Error"}:
            yield f"{operation['operationId']}: default is not the Error response"


def names_the_headers_of_a_response(document: Json) -> Iterator[str]:
    for name, response in document["components"]["responses"].items():
        expected = RATE_LIMIT_HEADERS | ({"Retry-After"} if name == "Error" else set())
        if response.get("headers", {}).keys() != expected:
            yield f"{name}: headers are not {sorted(expected)}"


def marks_what_is_deprecated(document: Json) -> Iterator[str]:
    operations = [(each["operationId"], each) for _, _, each in operation_objects(document)]
    for place, part in [*operations, *all_schemas(document)]:
        if ("deprecated" in part.get("description", "").lower()) != part.get("deprecated", False):
            yield f"{place}: deprecated in the description or as a keyword, but not both"


def gives_every_array_its_items(document: Json) -> Iterator[str]:
    # What a deviation says is published is no exception to those that lint the spec.
    for place in places(document):
        part = at(document, place)
        if isinstance(part, dict) and part.get("type") == "array" and "items" not in part:
            yield f"{json_path(place)}: an array of anything"


def says_how_each_deviation_deviates(document: Json) -> Iterator[str]:
    for place, stated, extension in deviations(document):
        if not isinstance(extension, dict) or extension.keys() != EXTENSION_KEYS:
            yield f"{place}: not exactly published, observed and reason"
            continue
        if not all(is_said(extension[key]) for key in ("observed", "reason")):
            yield f"{place}: observed or reason is empty"
        published = extension["published"]
        ways = published if isinstance(published, list) else [published]
        keywords = keywords_of(stated)
        if not all(isinstance(way, dict) and way.keys() <= keywords for way in ways):
            yield f"{place}: published is no mapping of keywords"
        elif not any(really_deviates(stated, way) for way in ways):
            yield f"{place}: published is what the spec says"


def keeps_properties_apart_from_all_of(document: Json) -> Iterator[str]:
    # The generator drops such a schema without a word.
    for place, schema in all_schemas(document):
        if "allOf" in schema and "properties" in schema:
            yield f"{place}: properties beside allOf"


def describes_inline_objects(document: Json) -> Iterator[str]:
    for place, schema in all_schemas(document):
        # A member of allOf is a part of the component around it.
        around, _, last = place.rpartition(".")
        inline = around != "schemas" and not (around.endswith(".allOf") and last.isdecimal())
        an_object = schema.get("type") == "object" or "properties" in schema
        if inline and an_object and not is_said(schema.get("description")):
            yield f"{place}: inline object without a description"


def marks_identifiers(document: Json) -> Iterator[str]:
    for place, schema in all_schemas(document):
        for name, inner in schema.get("properties", {}).items():
            identifies = name in {"id", "after", "before"} or name.endswith("Id")
            text = inner.get("type") == "string"
            if (identifies and text and name not in OPAQUE) != (inner.get("format") == "id"):
                yield f"{place}.{name}: format id is for identifiers and cursors that are text"


def closes_requests(document: Json) -> Iterator[str]:
    for _, _, operation in operation_objects(document):
        for name, schema in reachable(document, json_schema(operation["requestBody"])):
            if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
                yield f"{name}: a request's object that takes undeclared fields"


def leaves_answers_open(document: Json) -> Iterator[str]:
    for response in document["components"]["responses"].values():
        for name, schema in reachable(document, json_schema(response)):
            if schema.get("additionalProperties") is False:
                yield f"{name}: an answer's object that refuses new fields"


def uses_every_component(document: Json) -> Iterator[str]:
    used = {"securitySchemes/" + name for scheme in document["security"] for name in scheme}
    frontier: list[object] = [document["paths"]]
    while frontier:
        for reference in references(frontier.pop()):
            if reference not in used:
                used.add(reference)
                frontier.append(lookup(document["components"], reference))
    for kind, components in document["components"].items():
        for name in components:
            if f"{kind}/{name}" not in used:
                yield f"{kind}/{name}: not used"


def repeats_the_address_for_the_templates(document: Json) -> Iterator[str]:
    if len(document["servers"]) != 1:
        yield "not exactly one server"
    address = document["components"]["responses"]["Error"].get("x-base-url")
    if address != document["servers"][0]["url"]:
        yield f"x-base-url is {address}"


def marks_times(document: Json) -> Iterator[str]:
    for place, schema in all_schemas(document):
        for name, inner in schema.get("properties", {}).items():
            a_time = inner.get("type") == "string" and inner.get("format") == "date-time"
            if name.endswith("At") and not a_time:
                yield f"{place}.{name}: no date-time"
            if a_time and "ISO 8601" not in inner.get("description", ""):
                yield f"{place}.{name}: does not name ISO 8601"


def uses_known_keywords_only(document: Json) -> Iterator[str]:
    # A comma in an unquoted description of a flow mapping ends it, and begins a keyword.
    for place, schema in all_schemas(document):
        for keyword in schema.keys() - JSON_SCHEMA_KEYWORDS - ANNOTATIONS:
            yield f"{place}: unknown keyword {keyword!r}"


def has_the_version_of_the_distribution(document: Json) -> Iterator[str]:
    project = tomllib.loads((spec.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if document["info"]["version"] != project["version"]:
        yield f"version {document['info']['version']}, distribution {project['version']}"


def became_the_generated_models(document: Json) -> Iterator[str]:
    rendered = {
        name
        for name, schema in document["components"]["schemas"].items()
        # A union without a named branch is written out where it is used.
        if "anyOf" not in schema or any("title" in branch for branch in schema["anyOf"])
    }
    modules = [
        import_module(f"{models.__name__}.{module.name}")
        for module in pkgutil.iter_modules(models.__path__)
    ]
    for name in rendered:
        if not any(hasattr(module, name) for module in modules) or not hasattr(models, name):
            yield f"{name}: not generated"
    if undeclared := set(models.__all__) - rendered:
        yield f"generated from no schema: {sorted(undeclared)}"


RULES: list[Rule] = [
    is_valid_openapi,
    has_the_listed_operations,
    limits_the_inputs_of_a_request,
    describes_every_part,
    summarises_every_operation,
    answers_200_and_207_alike,
    answers_any_other_status_with_the_error,
    names_the_headers_of_a_response,
    marks_what_is_deprecated,
    gives_every_array_its_items,
    says_how_each_deviation_deviates,
    keeps_properties_apart_from_all_of,
    describes_inline_objects,
    marks_identifiers,
    closes_requests,
    leaves_answers_open,
    uses_every_component,
    repeats_the_address_for_the_templates,
    marks_times,
    uses_known_keywords_only,
    has_the_version_of_the_distribution,
    became_the_generated_models,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_spec_keeps(rule: Rule) -> None:
    assert list(rule(spec.load())) == []


# Breaking them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """A change to the spec that a rule must notice: a value put at a place, or taken away."""

    rule: Rule
    place: str
    value: Any = None

    def apply(self, document: Json) -> None:
        *parents, key = self.place.split("|")
        node: Any = document
        for parent in parents:
            node = node[int(parent) if isinstance(node, list) else parent]
        if self.value is None:
            del node[key]
        else:
            node[key] = self.value


ASSOCIATIONS = "paths|/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/read|post"
ASSOCIATIONS_V3 = "paths|/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/read|post"
CAMPAIGNS = "paths|/marketing/v3/campaigns/batch/read|post"
SCHEMAS = "components|schemas"
BATCH_ERROR = f"{SCHEMAS}|BatchError"
TO_OBJECT_ID = f"{SCHEMAS}|AssociatedObject|properties|toObjectId"

BREAKS = [
    Break(is_valid_openapi, "openapi", 31),
    Break(is_valid_openapi, f"{ASSOCIATIONS}|operationId", "readCampaigns"),
    Break(is_valid_openapi, f"{ASSOCIATIONS}|parameters", [{"name": "x", "in": "body"}]),
    Break(is_valid_openapi, f"{BATCH_ERROR}|type", "objekt"),
    Break(is_valid_openapi, f"{CAMPAIGNS}|parameters|0|in short", "no keyword"),
    Break(is_valid_openapi, "components|responses|Error|in short", "no keyword"),
    Break(has_the_listed_operations, CAMPAIGNS),
    Break(has_the_listed_operations, f"{CAMPAIGNS}|operationId", "readTheCampaigns"),
    Break(has_the_listed_operations, f"{CAMPAIGNS}|tags", ["associations"]),
    Break(has_the_listed_operations, "tags|0|name", "association"),
    Break(limits_the_inputs_of_a_request, f"{SCHEMAS}|CampaignRequest|properties|inputs|maxItems"),
    Break(
        limits_the_inputs_of_a_request, f"{SCHEMAS}|CampaignRequest|properties|inputs|maxItems", 100
    ),
    Break(limits_the_inputs_of_a_request, f"{SCHEMAS}|CampaignRequest|properties|inputs|minItems"),
    Break(describes_every_part, "info|description"),
    Break(describes_every_part, "tags|0|description"),
    Break(describes_every_part, "servers|0|description", " "),
    Break(describes_every_part, f"{CAMPAIGNS}|description"),
    Break(describes_every_part, f"{CAMPAIGNS}|requestBody|description"),
    Break(describes_every_part, f"{CAMPAIGNS}|parameters|0|description"),
    Break(describes_every_part, "components|parameters|ToObjectType|description"),
    Break(describes_every_part, "components|responses|Error|description", ""),
    Break(describes_every_part, "components|headers|RetryAfter|description"),
    Break(describes_every_part, "components|securitySchemes|accessToken|description"),
    Break(describes_every_part, f"{SCHEMAS}|Links|description"),
    Break(describes_every_part, f"{SCHEMAS}|Envelope|properties|startedAt|description"),
    Break(describes_every_part, f"{SCHEMAS}|Envelope|properties|links|description"),
    Break(describes_every_part, f"{SCHEMAS}|Campaign|properties|properties|description"),
    Break(
        describes_every_part, f"{SCHEMAS}|CampaignEnvelope|allOf|1|properties|results|description"
    ),
    Break(summarises_every_operation, f"{CAMPAIGNS}|summary"),
    Break(summarises_every_operation, f"{CAMPAIGNS}|summary", "Read campaigns"),
    Break(answers_200_and_207_alike, f"{CAMPAIGNS}|responses|207"),
    Break(
        answers_200_and_207_alike,
        f"{CAMPAIGNS}|responses|207",
        {"$ref": "#/components/responses/Associations"},
    ),
    Break(answers_any_other_status_with_the_error, f"{CAMPAIGNS}|responses|default"),
    Break(
        answers_any_other_status_with_the_error,
        f"{CAMPAIGNS}|responses|default",
        {"$ref": "#/components/responses/Campaigns"},
    ),
    Break(names_the_headers_of_a_response, "components|responses|Campaigns|headers"),
    Break(
        names_the_headers_of_a_response,
        "components|responses|Associations|headers|X-HubSpot-RateLimit-Max",
    ),
    Break(names_the_headers_of_a_response, "components|responses|Error|headers|Retry-After"),
    Break(marks_what_is_deprecated, f"{ASSOCIATIONS_V3}|deprecated"),
    Break(marks_what_is_deprecated, f"{ASSOCIATIONS}|deprecated", True),
    Break(marks_what_is_deprecated, f"{SCHEMAS}|NextPage|properties|link|deprecated"),
    Break(marks_what_is_deprecated, f"{SCHEMAS}|NextPage|properties|link|description", "A URL."),
    Break(gives_every_array_its_items, f"{SCHEMAS}|AssetPage|properties|results|items"),
    Break(
        gives_every_array_its_items, f"{SCHEMAS}|Error|properties|errors|{DEVIATES}|published|items"
    ),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|reason"),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|observed", ""),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|since", "2026"),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|published", "required: id"),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|published", {}),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|published", [{}]),
    Break(says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|published", ["absent"]),
    Break(
        says_how_each_deviation_deviates, f"{BATCH_ERROR}|{DEVIATES}|published", {"Required": []}
    ),
    Break(
        says_how_each_deviation_deviates,
        f"{BATCH_ERROR}|required",
        ["category", "context", "errors", "links", "message", "status"],
    ),
    Break(says_how_each_deviation_deviates, f"{TO_OBJECT_ID}|type", "string"),
    Break(says_how_each_deviation_deviates, f"{CAMPAIGNS}|parameters|2|explode", True),
    Break(says_how_each_deviation_deviates, f"{TO_OBJECT_ID}|{DEVIATES}", "a text"),
    Break(keeps_properties_apart_from_all_of, f"{SCHEMAS}|CampaignEnvelope|properties", {}),
    Break(describes_inline_objects, f"{SCHEMAS}|Association|properties|from", {"type": "object"}),
    Break(
        describes_inline_objects, f"{SCHEMAS}|Association|properties|to|items", {"properties": {}}
    ),
    Break(
        describes_inline_objects,
        f"{SCHEMAS}|CampaignEnvelope|allOf|1|properties|results|items",
        {"type": "object"},
    ),
    Break(marks_identifiers, f"{SCHEMAS}|ObjectId|properties|id|format"),
    Break(marks_identifiers, f"{SCHEMAS}|NextPage|properties|after|format"),
    Break(marks_identifiers, f"{SCHEMAS}|FlowIdInput|properties|flowId|format"),
    Break(marks_identifiers, f"{SCHEMAS}|Error|properties|correlationId|format", "id"),
    Break(marks_identifiers, f"{SCHEMAS}|Asset|properties|name|format", "id"),
    Break(closes_requests, f"{SCHEMAS}|CampaignRequest|additionalProperties"),
    Break(closes_requests, f"{SCHEMAS}|FlowIdInput|additionalProperties", True),
    Break(leaves_answers_open, f"{SCHEMAS}|Campaign|additionalProperties", False),
    Break(leaves_answers_open, f"{SCHEMAS}|ErrorDetail|additionalProperties", False),
    Break(uses_every_component, f"{SCHEMAS}|Leftover", {"type": "string"}),
    Break(uses_every_component, "components|responses|Leftover", {"description": "Nothing."}),
    Break(uses_every_component, f"{SCHEMAS}|Campaign|properties|assets"),
    Break(repeats_the_address_for_the_templates, "servers|0|url", "https://api.example.com"),
    Break(repeats_the_address_for_the_templates, "components|responses|Error|x-base-url"),
    Break(
        repeats_the_address_for_the_templates, "servers", [{"url": "https://api.hubapi.com"}] * 2
    ),
    Break(marks_times, f"{SCHEMAS}|Campaign|properties|createdAt|format"),
    Break(marks_times, f"{SCHEMAS}|Campaign|properties|createdAt|description", "When it began."),
    Break(uses_known_keywords_only, f"{SCHEMAS}|Campaign|properties|id|in short", "no keyword"),
    Break(uses_known_keywords_only, f"{CAMPAIGNS}|parameters|0|schema|formal", "date"),
    Break(uses_known_keywords_only, "components|headers|RetryAfter|schema|minimun", 0),
    Break(uses_known_keywords_only, f"{SCHEMAS}|CampaignAssets|additionalProperties|maxItmes", 50),
    Break(has_the_version_of_the_distribution, "info|version", "0.0.0"),
    Break(became_the_generated_models, f"{SCHEMAS}|Leftover", {"type": "object"}),
    Break(became_the_generated_models, f"{SCHEMAS}|Links"),
]


@pytest.mark.parametrize(
    "broken", BREAKS, ids=lambda broken: f"{broken.rule.__name__}:{broken.place.split('/')[-1]}"
)
def test_the_rule_notices(broken: Break) -> None:
    document = copy.deepcopy(spec.load())
    kept_before = set(broken.rule(document))
    broken.apply(document)
    assert set(broken.rule(document)) - kept_before


def test_every_rule_is_shown_to_notice() -> None:
    assert {broken.rule for broken in BREAKS} == set(RULES)


# Deviations -----------------------------------------------------------------------------------


def test_every_deviation_is_read_off_the_spec() -> None:
    listed = deviations(spec.load())
    written = re.findall(rf"^ +{DEVIATES}:", spec.SPEC_FILE.read_text("utf-8"), re.MULTILINE)
    assert len(listed) == len(written)
    assert len({place for place, _, _ in listed}) == len(listed)
    assert {
        "$.components.schemas.BatchError",
        "$.components.schemas.AssociatedObject.properties.toObjectId",
        '$.paths["/marketing/v3/campaigns/batch/read"].post.parameters[2]',
    } <= {place for place, _, _ in listed}


# Helpers --------------------------------------------------------------------------------------


def json_schema(body: Json) -> Json:
    """The schema of a request's or a response's JSON."""
    schema: Json = body["content"]["application/json"]["schema"]
    return schema


def all_schemas(document: Json) -> Iterator[tuple[str, Json]]:
    """Every schema of components, headers and parameters, and every schema inside those."""
    for name, schema in document["components"]["schemas"].items():
        yield from subschemas(schema, f"schemas.{name}")
    for name, header in document["components"]["headers"].items():
        yield from subschemas(header["schema"], f"headers.{name}.schema")
    for place, parameter in all_parameters(document):
        yield from subschemas(parameter["schema"], f"{place}.schema")


def all_parameters(document: Json) -> Iterator[tuple[str, Json]]:
    """Every parameter, wherever it is written."""
    for name, parameter in document["components"]["parameters"].items():
        yield f"parameters.{name}", parameter
    items = [*document["paths"].items()]
    items += [
        (operation["operationId"], operation) for _, _, operation in operation_objects(document)
    ]
    for place, item in items:
        for parameter in item.get("parameters", []):
            if "$ref" not in parameter:
                yield f"{place}.{parameter['name']}", parameter


def is_said(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def described_parts(document: Json) -> Iterator[tuple[str, Json]]:
    """Every part of a spec that needs a description, with its place."""
    yield "info", document["info"]
    for kind in ("tags", "servers"):
        for number, part in enumerate(document[kind]):
            yield f"{kind}[{number}]", part
    for _, _, operation in operation_objects(document):
        name = operation["operationId"]
        yield name, operation
        yield f"{name}.requestBody", operation["requestBody"]
    yield from all_parameters(document)
    for kind, components in document["components"].items():
        for name, component in components.items():
            yield f"{kind}.{name}", component
    for place, schema in all_schemas(document):
        for name, inner in schema.get("properties", {}).items():
            yield f"{place}.{name}", inner


def references(node: object) -> Iterator[str]:
    """Every reference in a part of the spec, like `schemas/Links`; none of what is published."""
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix("#/components/")
        for key, inner in node.items():
            if key != DEVIATES:
                yield from references(inner)


def reachable(document: Json, start: Json) -> Iterator[tuple[str, Json]]:
    """Every schema that belongs to the start, through references too."""
    seen: set[str] = set()
    frontier = [("", start)]
    while frontier:
        name, top = frontier.pop()
        for place, schema in subschemas(top, name):
            yield place, schema
            reference = schema.get("$ref", "")
            if reference and reference not in seen:
                seen.add(reference)
                frontier.append((reference.rpartition("/")[2], lookup(document, reference)))


def keywords_of(stated: Json) -> set[str]:
    """The keywords with which HubSpot may publish a place: operation, parameter or schema."""
    if "operationId" in stated:
        return {"responses"}
    return PARAMETER_KEYWORDS if "in" in stated else JSON_SCHEMA_KEYWORDS


def really_deviates(stated: Json, published: Json) -> bool:
    """Whether what HubSpot publishes for a place differs from what the spec says there."""
    if any(stated.get(keyword) != value for keyword, value in published.items()):
        return True
    # What names a type stands for the whole place: then a limit that it lacks is a deviation too.
    return "type" in published and bool((stated.keys() & LIMITS) - published.keys())
